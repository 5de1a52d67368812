// An option of a command that cannot be meant.
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly exitCode = 2;
}
