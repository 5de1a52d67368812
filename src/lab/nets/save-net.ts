// Nets on disk in the standard Layers format, on any backend: `model.json`, and a file of weights that it names.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../shared/whole-file.js';
import { tf } from '../tensor/index.js';

const TOPOLOGY_FILE = 'model.json';

/** A saved net that cannot be read. */
export class NetFileError extends Error {
  override readonly name = 'NetFileError';
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${reason}`, options);
  }
}

/**
 * Writes `model.json` and `weights-<digest>.bin` into a directory, made when missing; stock tfjs opens `model.json`. The
 * same net gives the same bytes.
 *
 * The weights are written under a name made from their SHA-256, then `model.json` is renamed into place: at every moment
 * the directory holds a whole net, the old one or the new. Weights of an earlier save are removed last.
 */
export async function saveNet(model: tf.LayersModel, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const weights = Buffer.from(joined(artifacts.weightData!));
    const digest = createHash('sha256').update(weights).digest('hex').slice(0, 16);
    const weightsFile = `weights-${digest}.bin`;
    const json = {
      format: artifacts.format ?? 'layers-model',
      generatedBy: artifacts.generatedBy,
      convertedBy: null,
      modelTopology: artifacts.modelTopology,
      weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs }],
      ...(artifacts.userDefinedMetadata && { userDefinedMetadata: artifacts.userDefinedMetadata }),
    };
    await writeWhole(path.join(directory, weightsFile), weights);
    await writeWhole(path.join(directory, TOPOLOGY_FILE), Buffer.from(`${JSON.stringify(json)}\n`));
    for (const name of await readdir(directory)) {
      if (/^weights-[0-9a-f]{16}\.bin$/.test(name) && name !== weightsFile) {
        await rm(path.join(directory, name), { force: true });
      }
    }
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler);
}

/**
 * Reads a net that `saveNet`, or any tfjs program, wrote: the directory that holds `model.json`. TensorFlow must be ready.
 *
 * Throws `NetFileError` naming the file, when one is missing, is not JSON, or is not as long as the weights it should hold.
 */
export async function loadNet(directory: string): Promise<tf.LayersModel> {
  const file = path.join(directory, TOPOLOGY_FILE);
  const model = await loadModel(file);
  if (model instanceof tf.LayersModel) return model;
  throw new NetFileError(file, 'a graph model, not a Layers model');
}

/**
 * Reads a Layers model or a graph model that any tfjs program wrote.
 *
 * @param at its `model.json`, or the directory that holds it.
 * @throws NetFileError as `loadNet` does.
 */
export async function loadModel(at: string): Promise<tf.LayersModel | tf.GraphModel> {
  const file = at.endsWith('.json') ? at : path.join(at, TOPOLOGY_FILE);
  const directory = path.dirname(file);
  let json: tf.io.ModelJSON;
  try {
    json = JSON.parse((await readWhole(file)).toString('utf8'));
  } catch (error) {
    if (error instanceof NetFileError) throw error;
    throw new NetFileError(file, `not JSON (${(error as Error).message})`, { cause: error });
  }
  if (typeof json.modelTopology !== 'object' || !Array.isArray(json.weightsManifest)) {
    throw new NetFileError(file, 'not a tfjs model: modelTopology or weightsManifest is missing');
  }
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const files = manifest
      .flatMap((group) => group.paths)
      .map((name) => path.join(directory, name));
    const parts = await Promise.all(files.map(readWhole));
    const weights = Buffer.concat(parts);
    const expected = specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
    if (weights.length !== expected) {
      const reason = `${weights.length} bytes of weights where ${path.basename(file)} lists ${expected}`;
      throw new NetFileError(files.join(', '), reason);
    }
    return [specs, new Uint8Array(weights).buffer];
  });
  try {
    const handler = tf.io.fromMemory(artifacts);
    return json.format === 'graph-model'
      ? await tf.loadGraphModel(handler)
      : await tf.loadLayersModel(handler);
  } catch (error) {
    throw new NetFileError(file, `tfjs cannot open it: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function bytesOf(spec: tf.io.WeightsManifestEntry): number {
  const stored = spec.quantization?.dtype ?? spec.dtype;
  const sizes: Record<string, number> = {
    float32: 4,
    int32: 4,
    complex64: 8,
    bool: 1,
    uint8: 1,
    uint16: 2,
    float16: 2,
  };
  return (sizes[stored] ?? 0) * spec.shape.reduce((product, axis) => product * axis, 1);
}

function joined(data: tf.io.WeightData): ArrayBuffer {
  return tf.io.CompositeArrayBuffer.join(data);
}

async function readWhole(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'no such file' : (error as Error).message;
    throw new NetFileError(file, reason, { cause: error });
  }
}
