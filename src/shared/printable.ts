// Words of strangers in a line for a terminal: without what a terminal would obey, and of a length that can be read.

/** Control characters and signs that turn the direction of writing (CVE-2021-42574) become dots; the rest is cut. */
export function printable(text: string, most = 600): string {
  const shown = text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '·',
  );
  return shown.length <= most ? shown : `${shown.slice(0, most)} … (${shown.length - most} more)`;
}
