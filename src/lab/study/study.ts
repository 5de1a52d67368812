// A study: a grid of axes over one dataset, one net and one recipe, as the list of cells that it stands for.
import { dataSpec } from '../data/data-spec.js';
import type { DataSpec } from '../data/dataset.js';
import { datasets } from '../data/datasets.js';
import { NET_DEFAULTS, netSpec } from '../nets/net-spec.js';
import type { NetSpec } from '../nets/spec.js';
import { checkKeys } from '../registry.js';
import { recipe as fillRecipe, type RecipeOptions } from '../train/recipe.js';
import { InvalidStudy } from './errors.js';
import { canonical } from './key.js';
import type { Cell } from './record.js';

export type DataInput = Partial<DataSpec> & { readonly name: string };

/** Controls that can be put beside every point of the grid: where the claim of a measure should fail. */
export type Control = 'untrained' | 'shuffled labels' | 'linear';

/** What differs from the base in a cell of the user's own; seeds are set as in the grid. */
export interface CellInput {
  readonly data?: Partial<DataSpec>;
  readonly net?: Partial<NetSpec>;
  readonly recipe?: RecipeOptions;
}

/** Values by what they change: a whole part, or one field of it by its path. */
export interface Axes {
  /** Whole datasets, nets (a ladder) or recipes, put over the base. */
  readonly data?: readonly Partial<DataSpec>[];
  readonly net?: readonly Partial<NetSpec>[];
  readonly recipe?: readonly RecipeOptions[];
  /** `'net.depth': [8, 14, 20]`, `'recipe.learningRate': [0.1, 0.01]`, `'data.shuffledLabels': [0, 1]`, … */
  readonly [path: string]: readonly unknown[] | undefined;
}

export interface StudyOptions {
  /** The dataset, by name or with its fields; what is left out has the defaults of `dataSpec`. */
  readonly data: string | DataInput;
  /** What all nets share; the image shape and the number of classes are those of the dataset. */
  readonly net?: Partial<NetSpec>;
  readonly recipe?: RecipeOptions;
  readonly axes?: Axes;
  /** Each grid point is trained once for each seed, which sets the initial weights and the order of batches; 0 when left out. */
  readonly seeds?: readonly number[];
  /** Whether a seed also draws another subset of the images; false when left out. */
  readonly seedData?: boolean;
  readonly controls?: readonly Control[];
  /** Further cells that no axis gives. */
  readonly cells?: readonly CellInput[];
}

/** A study with nothing left out. Plain JSON. */
export interface Study {
  /** In order: the grid (first axis slowest, seeds fastest), its controls one kind after another, then the further cells. */
  readonly cells: readonly Cell[];
  readonly axes: Readonly<Record<string, readonly unknown[]>>;
  readonly seeds: readonly number[];
}

/**
 * Expands a grid. A cell that comes up twice (the linear control of two families) is there once.
 *
 * @throws UnknownNameError for an unknown axis, option or control, naming the nearest; InvalidStudy for what makes no grid;
 * the errors of `dataSpec`, `netSpec` and `recipe` for values that cannot be.
 */
export function study(options: StudyOptions): Study {
  checkKeys('option of a study', options, [
    'data',
    'net',
    'recipe',
    'axes',
    'seeds',
    'seedData',
    'controls',
    'cells',
  ]);
  const base: Draft = {
    data: typeof options.data === 'string' ? { name: options.data } : { ...options.data },
    net: { ...options.net },
    recipe: { ...options.recipe },
  };
  const axes = checkedAxes(options.axes ?? {});
  const seeds = checkedSeeds(options, axes);
  const points = gridPoints(base, axes);
  const controls = (options.controls ?? []).map((name) => {
    checkKeys('control of a study', { [name]: true }, Object.keys(controlDrafts));
    return controlDrafts[name];
  });
  const drafts = [
    ...points,
    ...controls.flatMap((control) => points.map(control)),
    ...(options.cells ?? []).map((cell): Draft => {
      checkKeys('part of a cell', cell, ['data', 'net', 'recipe']);
      return {
        data: { ...base.data, ...cell.data },
        net: { ...base.net, ...cell.net },
        recipe: { ...base.recipe, ...cell.recipe },
      };
    }),
  ];
  const cells = new Map<string, Cell>();
  for (const draft of drafts) {
    for (const seed of seeds ?? [null]) {
      const cell = fill(draft, seed, options.seedData ?? false);
      cells.set(canonical(cell), cell);
    }
  }
  return { cells: [...cells.values()], axes: Object.fromEntries(axes), seeds: seeds ?? [] };
}

/** The grid cells of a study, in its order. */
export function cells(study: Study): Cell[] {
  return [...study.cells];
}

/** A cell with fields still missing. */
interface Draft {
  readonly data: DataInput;
  readonly net: Partial<NetSpec>;
  readonly recipe: RecipeOptions;
}

const controlDrafts: Record<Control, (draft: Draft) => Draft> = {
  untrained: (draft) => ({
    ...draft,
    recipe: { ...draft.recipe, stop: { ...draft.recipe.stop, epochs: 0 } },
  }),
  'shuffled labels': (draft) => ({ ...draft, data: { ...draft.data, shuffledLabels: 1 } }),
  linear: (draft) => ({ ...draft, net: { ...draft.net, family: 'linear' } }),
};

function fill(draft: Draft, seed: number | null, seedData: boolean): Cell {
  const data = dataSpec(seed !== null && seedData ? { ...draft.data, seed } : draft.data);
  const source = datasets.get(data.name);
  const net = netSpec({
    input: source.shape,
    classes: source.classes.length,
    ...draft.net,
    ...(seed === null ? {} : { seed }),
  });
  if (net.input.join() !== source.shape.join() || net.classes < source.classes.length) {
    throw new InvalidStudy(
      `study: ${data.name} has images of ${source.shape.join(' × ')} in ${source.classes.length} classes, and the ` +
        `net is for ${net.input.join(' × ')} in ${net.classes}. Leave net.input and net.classes out`,
    );
  }
  return { data, net, recipe: fillRecipe({ ...draft.recipe, ...(seed === null ? {} : { seed }) }) };
}

type AxisList = readonly (readonly [path: string, values: readonly unknown[]])[];

function checkedAxes(axes: Axes): AxisList {
  checkKeys('axis of a study', axes, axisPaths());
  return Object.entries(axes).map(([path, values]) => {
    if (!Array.isArray(values) || values.length === 0) {
      throw new InvalidStudy(`study: axis "${path}" must be a list of at least one value`);
    }
    return [path, values] as const;
  });
}

/** Every field of a cell by its path, inner ones too. */
function axisPaths(): string[] {
  const recipes = [
    fillRecipe(),
    fillRecipe({ optimizer: { name: 'adam' }, schedule: { name: 'cosine' } }),
    fillRecipe({ schedule: { name: 'step' } }),
  ];
  const anyData: DataSpec = { name: '', train: 1, test: 1, seed: 0, shuffledLabels: 0 };
  const paths = [
    ...pathsOf('data', anyData),
    ...pathsOf('net', NET_DEFAULTS),
    ...recipes.flatMap((item) => pathsOf('recipe', item)),
  ];
  return [...new Set(paths)];
}

function pathsOf(path: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(`${path}.${key}`, inner)),
  ];
}

/** Null where an axis sets the seeds itself. */
function checkedSeeds(options: StudyOptions, axes: AxisList): readonly number[] | null {
  const own = axes.map(([path]) => path).filter((path) => /^(net|recipe)\.seed$/.test(path));
  if (own.length > 0) {
    if (options.seeds === undefined) return null;
    throw new InvalidStudy(
      `study: "seeds" sets net.seed and recipe.seed, and so does the axis "${own[0]}". Keep one of them`,
    );
  }
  const seeds = options.seeds ?? [0];
  if (!Array.isArray(seeds) || seeds.length === 0 || !seeds.every(Number.isSafeInteger)) {
    throw new InvalidStudy(
      `study: "seeds" must be a list of whole numbers, not ${JSON.stringify(seeds)}`,
    );
  }
  return [...new Set(seeds)];
}

/** All combinations, the first axis slowest. Whole parts are put in before single fields, whichever stands first. */
function gridPoints(base: Draft, axes: AxisList): Draft[] {
  let points: [path: string, value: unknown][][] = [[]];
  for (const [path, values] of axes) {
    points = points.flatMap((point) =>
      values.map((value) => [...point, [path, value] as [string, unknown]]),
    );
  }
  const partsFirst = ([path]: [string, unknown]) => path.split('.').length;
  return points.map((point) =>
    [...point]
      .sort((a, b) => partsFirst(a) - partsFirst(b))
      .reduce((draft, [path, value]) => put(draft, path, value), base),
  );
}

function put(draft: Draft, path: string, value: unknown): Draft {
  const [part, ...rest] = path.split('.') as ['data' | 'net' | 'recipe', ...string[]];
  if (rest.length === 0) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidStudy(
        `study: axis "${path}" takes objects, such as those that ladder() gives, not ${JSON.stringify(value)}`,
      );
    }
    return { ...draft, [part]: { ...draft[part], ...value } };
  }
  return { ...draft, [part]: set(draft[part] as Record<string, unknown>, rest, value, part) };
}

function set(
  object: Record<string, unknown>,
  [key, ...rest]: readonly string[],
  value: unknown,
  part: string,
): Record<string, unknown> {
  if (rest.length === 0) return { ...object, [key!]: value };
  // A field of an optimiser that was never named belongs to the default one.
  const inner =
    object[key!] ??
    (part === 'recipe' ? (fillRecipe() as unknown as Record<string, unknown>)[key!] : {});
  return { ...object, [key!]: set(inner as Record<string, unknown>, rest, value, '') };
}
