// Widgets → what they show when nobody can move them. The notebook keeps the state of each (`metadata.widgets`); the value,
// the choice, the place of the slider and the children are read from it. Without saved state there is only their text.
// State: https://github.com/jupyter-widgets/ipywidgets, packages/schema.
import type { Output } from '../notebook/nbformat.js';
import { html, type Markup, trusted } from './markup.js';
import { makePicture } from './picture.js';
import { sanitize } from './sanitize.js';

type Json = Record<string, unknown>;

/** Models by id, as the notebook has them. */
export type WidgetState = Readonly<Record<string, unknown>>;

export interface WidgetContext {
  readonly state: WidgetState;
  /** HTML of outputs that a widget holds. */
  readonly outputs: (outputs: readonly Output[]) => string;
}

/** A widget may hold others, and a stranger's may hold itself. */
const limits = { depth: 12, models: 500 };

/** The saved state of the widgets of a notebook. */
export function widgetState(metadata: Readonly<Record<string, unknown>>): WidgetState {
  const saved = asObject(asObject(metadata.widgets)['application/vnd.jupyter.widget-state+json']);
  return asObject(saved.state);
}

/** HTML of a widget; null if its state is not there or it has no still form. */
export function widgetHtml(modelId: unknown, context: WidgetContext): string | null {
  let models = 0;
  const show = (id: unknown, depth: number): Markup | null => {
    const name = typeof id === 'string' ? id.replace(/^IPY_MODEL_/, '') : '';
    if (!Object.hasOwn(context.state, name)) return null;
    models += 1;
    if (depth > limits.depth || models > limits.models) return null;
    const model = asObject(context.state[name]);
    return draw(model, (child) => show(child, depth + 1), context);
  };
  const shown = show(modelId, 0);
  return shown === null ? null : html`<div class="widget">${shown}</div>`.text;
}

function draw(
  model: Json,
  child: (id: unknown) => Markup | null,
  context: WidgetContext,
): Markup | null {
  const state = asObject(model.state);
  const kind = String(model.model_name ?? '').replace(/Model$/, '');
  const text = (value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
  const label = text(state.description);
  const row = (content: Markup | string): Markup =>
    html`<div class="widget-row">${label !== '' && html`<span class="widget-label">${label}</span>`}${content}</div>`;
  const field = (content: string): Markup =>
    row(html`<span class="widget-field">${content === '' ? '–' : content}</span>`);
  const children = (): (Markup | null)[] =>
    (Array.isArray(state.children) ? state.children : []).map(child);
  switch (kind) {
    case 'IntSlider':
    case 'FloatSlider':
    case 'FloatLogSlider':
    case 'IntRangeSlider':
    case 'FloatRangeSlider':
    case 'IntProgress':
    case 'FloatProgress': {
      const value = Array.isArray(state.value) ? state.value : [state.value];
      const logarithmic = kind === 'FloatLogSlider';
      const amount = Number(value.at(-1));
      const share = place(
        logarithmic ? Math.log10(amount) / Math.log10(Number(state.base ?? 10)) : amount,
        state,
      );
      const bar = html`<span class="widget-bar"><span style="width:${Math.round(share * 100)}%"></span></span>`;
      const isProgress = kind.endsWith('Progress');
      return row(
        html`${bar}${!isProgress && html`<span class="widget-value">${value.map(text).join(' – ')}</span>`}`,
      );
    }
    case 'Checkbox':
    case 'Valid':
      return html`<div class="widget-row">${state.value === true ? '☑' : '☐'} ${label}</div>`;
    case 'ToggleButton':
    case 'Button':
      return html`<span class="widget-button">${label}</span>`;
    case 'Dropdown':
    case 'Select':
    case 'RadioButtons':
    case 'ToggleButtons':
    case 'SelectionSlider':
    case 'SelectMultiple':
    case 'SelectionRangeSlider': {
      const options = (Array.isArray(state._options_labels) ? state._options_labels : []).map(text);
      const chosen = [state.index].flat();
      if (kind === 'RadioButtons' || kind === 'ToggleButtons' || kind.startsWith('Select')) {
        const many = options.length > 12 || kind === 'SelectionSlider';
        if (!many) {
          return row(
            html`<span class="widget-options">${options.map((option, index) =>
              chosen.includes(index)
                ? html`<strong>${kind === 'RadioButtons' ? '◉ ' : ''}${option}</strong>`
                : html`<span>${kind === 'RadioButtons' ? '○ ' : ''}${option}</span>`,
            )}</span>`,
          );
        }
      }
      return field(chosen.map((index) => options[Number(index)] ?? '').join(', '));
    }
    case 'Password':
      return field('••••••');
    case 'Text':
    case 'Textarea':
    case 'Combobox':
    case 'IntText':
    case 'FloatText':
    case 'BoundedIntText':
    case 'BoundedFloatText':
    case 'ColorPicker':
      return field(text(state.value));
    case 'DatePicker':
    case 'Time':
    case 'Datetime':
    case 'NaiveDatetime':
    case 'TagsInput':
    case 'Play':
      return field(typeof state.value === 'object' ? '' : text(state.value));
    case 'Label':
      return row(text(state.value));
    case 'HTML':
    case 'HTMLMath':
      return row(
        html`<div>${trusted(sanitize(text(state.value).slice(0, 500_000), { from: 'output' }))}</div>`,
      );
    case 'HBox':
      return html`<div class="widget-row">${children()}</div>`;
    case 'Box':
    case 'VBox':
    case 'GridBox':
    case 'Interactive':
      return html`<div>${children()}</div>`;
    case 'Tab':
    case 'Accordion':
    case 'Stack': {
      const titles = Array.isArray(state.titles)
        ? state.titles
        : Object.values(asObject(state._titles));
      return html`<div class="widget-pages">${children().map(
        (page, index) =>
          html`<div>${titles[index] !== undefined && html`<p class="widget-title">${text(titles[index])}</p>`}${page}</div>`,
      )}</div>`;
    }
    case 'Image': {
      const bytes = bufferOf(model, 'value');
      const type = { jpg: 'jpeg' }[text(state.format)] ?? text(state.format);
      if (!bytes || !/^(?:png|jpeg|gif|webp)$/.test(type)) return null;
      const picture = makePicture(type as 'png', bytes);
      if ('problem' in picture) return html`<p class="cut">${picture.problem}</p>`;
      const size = (value: unknown) => (/^\d{1,4}$/.test(text(value)) ? text(value) : null);
      const [width, height] = [size(state.width), size(state.height)];
      return html`<img src="data:${picture.mime};base64,${picture.data}" alt=""${width && html` width="${width}"`}${height && html` height="${height}"`}>`;
    }
    case 'Output':
      return trusted(context.outputs(readOutputState(state.outputs)));
    default:
      return null;
  }
}

/** How far along a slider is, 0 to 1. */
function place(value: number, state: Json): number {
  const [low, high] = [Number(state.min ?? 0), Number(state.max ?? 1)];
  const share = (value - low) / (high - low);
  return Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
}

function bufferOf(model: Json, name: string): Buffer | null {
  const buffers = Array.isArray(model.buffers) ? model.buffers.map(asObject) : [];
  const found = buffers.find(({ path }) => Array.isArray(path) && path[0] === name);
  return typeof found?.data === 'string' && found.encoding === 'base64'
    ? Buffer.from(found.data, 'base64')
    : null;
}

/** The outputs of an output widget, which no schema has looked at yet. */
function readOutputState(given: unknown): Output[] {
  return (Array.isArray(given) ? given : []).slice(0, 200).flatMap((raw): Output[] => {
    const output = asObject(raw);
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    switch (output.output_type) {
      case 'stream':
        return [
          {
            output_type: 'stream',
            name: output.name === 'stderr' ? 'stderr' : 'stdout',
            text: text(output.text),
          },
        ];
      case 'error': {
        const traceback = Array.isArray(output.traceback) ? output.traceback.map(text) : [];
        return [
          {
            output_type: 'error',
            ename: text(output.ename),
            evalue: text(output.evalue),
            traceback,
          },
        ];
      }
      case 'display_data':
      case 'execute_result':
        return [
          {
            output_type: 'display_data',
            data: asObject(output.data),
            metadata: asObject(output.metadata),
          },
        ];
      default:
        return [];
    }
  });
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}
