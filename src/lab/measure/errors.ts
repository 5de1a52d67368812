/** What can go wrong between a net and a reading, one class a kind. */

/** A measure cannot treat this net or this data; the reason names the layer, class or image at fault. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  constructor(
    readonly measure: string,
    readonly reason: string,
  ) {
    super(`${measure} does not apply: ${reason}`);
  }
}

/** A net gave NaN or infinity where a measure needs numbers. */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
  constructor(
    /** Graph node, or weight, where the first such value is. */
    readonly layer: string,
    /** Index of the image, or null for a weight. */
    readonly image: number | null,
  ) {
    const where = image === null ? '' : ` for image ${image}`;
    super(
      `${layer} holds NaN or infinity${where}: the net has diverged or its input is not finite, so it cannot be measured`,
    );
  }
}

/** An option of a measure has a value that it cannot have. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  constructor(
    readonly measure: string,
    readonly option: string,
    readonly given: unknown,
    readonly expected: string,
  ) {
    super(`option ${option} of ${measure} must be ${expected}, not ${JSON.stringify(given)}`);
  }
}

/** A measure broke its own contract: a bug of the measure, not of the net. */
export class ReadingError extends Error {
  override readonly name = 'ReadingError';
  constructor(
    readonly measure: string,
    /** Where in the reading: `layers[3].value`. */
    readonly path: string,
    readonly problem: string,
  ) {
    super(`the reading of ${measure} is not valid: ${path} ${problem}`);
  }
}

/** Images and labels that do not belong together or to the net. */
export class ProbeImagesError extends Error {
  override readonly name = 'ProbeImagesError';
}
