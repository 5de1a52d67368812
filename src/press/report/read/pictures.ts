// Pictures that prose names: in the text itself, attached to the cell, or in a file beside the notebook.
import type { Picture } from '../document.js';
import { makePicture, type PictureKind, type PictureProblem } from '../picture.js';
import type { Attachments } from './draft.js';

/** The picture, or what is wrong in words for the author. */
export function findPicture(
  source: string,
  attachments: Attachments,
  readFile: (path: string) => Uint8Array | null,
): Picture | PictureProblem {
  const inline = /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,([A-Za-z0-9+/=\s]+)$/.exec(
    source,
  );
  if (inline) return makePicture(inline[1] as PictureKind, Buffer.from(inline[2]!, 'base64'));
  if (/^[a-z][a-z0-9+.-]*:/i.test(source) && !source.startsWith('attachment:')) {
    return {
      problem: `the picture ${source.slice(0, 80)} is not part of the notebook. A report loads nothing: put the file beside the notebook`,
    };
  }
  if (source.startsWith('attachment:')) {
    return (
      attached(decode(source.slice('attachment:'.length)), attachments) ?? {
        problem: `the cell has no attachment "${decode(source.slice('attachment:'.length))}"`,
      }
    );
  }
  const path = decode(source.split(/[?#]/)[0]!);
  const extension = /\.(png|jpe?g|gif|webp|svg)$/i.exec(path)?.[1]?.toLowerCase();
  if (!extension) {
    return { problem: `the picture "${path}" is no .png, .jpg, .gif, .webp or .svg` };
  }
  const bytes = readFile(path);
  if (!bytes) return { problem: `there is no picture "${path}" beside the notebook` };
  const kind = { jpg: 'jpeg', svg: 'svg+xml' }[extension] ?? extension;
  return makePicture(kind as PictureKind, Buffer.from(bytes));
}

function attached(name: string, attachments: Attachments): Picture | PictureProblem | null {
  const bundle = Object.hasOwn(attachments, name) ? attachments[name] : undefined;
  for (const [mime, data] of Object.entries(bundle ?? {})) {
    const kind = /^image\/(png|jpeg|gif|webp|svg\+xml)$/.exec(mime)?.[1];
    if (!kind || typeof data !== 'string') continue;
    const isText = kind === 'svg+xml' && data.trimStart().startsWith('<');
    return makePicture(kind as PictureKind, Buffer.from(data, isText ? 'utf8' : 'base64'));
  }
  return null;
}

/** `%20` and the like; what is no such code stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
