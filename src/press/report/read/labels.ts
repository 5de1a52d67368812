// Numbers, labels and ids: what is called Figure 3, and where a reference to it leads.
import { reservedIds } from '../sanitize.js';
import type { At } from './draft.js';
import type { Problems } from './problems.js';

const kinds = {
  fig: { name: 'Figure', what: 'figure' },
  tbl: { name: 'Table', what: 'table' },
  sec: { name: 'Section', what: 'section' },
  eq: { name: 'Equation', what: 'equation' },
} as const;

export type Prefix = keyof typeof kinds;

/** What a label stands for. */
export interface Target {
  /** 'Figure 3'. */
  readonly text: string;
  readonly id: string;
}

export class Labels {
  private readonly ids = new Set<string>(reservedIds);
  /** The number to try next for an id that is taken: 10,000 headings may have the same name. */
  private readonly nextOf = new Map<string, number>();
  private readonly targets = new Map<string, Target>();
  private readonly counters: Record<Prefix, number> = { fig: 0, tbl: 0, sec: 0, eq: 0 };

  /** `chapter` is what numbers in a book start with. */
  constructor(
    private readonly problems: Problems,
    private readonly chapter: number | null = null,
  ) {}

  next(prefix: Prefix): number {
    return ++this.counters[prefix];
  }

  find(label: string): Target | undefined {
    return this.targets.get(label);
  }

  all(): ReadonlyMap<string, Target> {
    return this.targets;
  }

  /** Makes a label stand for something that has its id already. */
  set(label: string, target: Target): void {
    this.targets.set(label, target);
  }

  /** Registers a label and returns the id of its element. Without a label the id comes from the number. */
  register(prefix: Prefix, label: string | null, number: number | null, at: At): string {
    if (!label) return this.claim(`${prefix}-${number ?? `c${at.cell}`}`);
    if (!label.startsWith(`${prefix}-`)) {
      this.problems.error(
        'bad-label',
        `label "${label}" names a ${kinds[prefix].what}, so it must start with "${prefix}-"`,
        at,
      );
    }
    if (this.targets.has(label)) this.duplicate(label, at);
    const id = this.claim(label);
    if (!this.targets.has(label)) {
      const full = this.chapter === null ? number : `${this.chapter}.${number}`;
      this.targets.set(label, { text: `${kinds[prefix].name} ${full}`, id });
    }
    return id;
  }

  /** An id that nothing else in the page has, as near to the wanted one as can be. */
  claim(wanted: string): string {
    const base = safeId(wanted);
    let id = base;
    let n = this.nextOf.get(base) ?? 2;
    for (; this.ids.has(id); n++) id = `${base}-${n}`;
    if (id !== base) this.nextOf.set(base, n);
    this.ids.add(id);
    return id;
  }

  /** As `claim`, for an id that the author wrote and that may therefore stand only once. */
  claimGiven(wanted: string, at: At): string {
    if (this.ids.has(safeId(wanted))) this.duplicate(wanted, at);
    return this.claim(wanted);
  }

  private duplicate(label: string, at: At): void {
    this.problems.error('duplicate-label', `label "${label}" is used twice`, at);
  }
}

function safeId(wanted: string): string {
  return wanted.replace(/[^\w.:-]/g, '-') || 'section';
}
