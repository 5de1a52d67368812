// What the two passes over a notebook share.
import type { Notebook } from '../../notebook/nbformat.js';
import type { Citations } from '../citations.js';
import type { CellDefaults } from '../options.js';
import type { Keep, Room } from '../room.js';
import type { WidgetState } from '../widgets.js';
import type { Labels } from './labels.js';
import type { Problems } from './problems.js';
import type { Results } from './results.js';

export interface Reading {
  readonly notebook: Notebook;
  /** Bytes of a file beside the notebook; null if there is none. */
  readonly readFile: (path: string) => Uint8Array | null;
  readonly citations: Citations;
  /** HTML of a reference to what another chapter has; null if none has it. */
  readonly elsewhere: (label: string) => string | null;
  readonly problems: Problems;
  readonly labels: Labels;
  readonly results: Results;
  /** Link definitions (`[name]: address`), shared by all cells. */
  readonly links: Record<string, unknown>;
  /** Keeps outputs beside the page that are too large for it. */
  readonly keep: Keep;
  /** What the page has left for outputs. */
  readonly room: Room;
  readonly widgets: WidgetState;
  /** What holds for cells that do not say otherwise. */
  readonly cells: CellDefaults;
}
