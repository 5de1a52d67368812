// Where things go: axis domains at round numbers, and labels at line ends that do not cover each other.

/** The smallest interval at round numbers that holds all values, with a little air; never past `low` or `high`. */
export function roundDomain(
  values: readonly number[],
  bounds: { readonly low: number | null; readonly high: number | null },
  ticks = 5,
): [low: number, high: number] {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high - low <= Math.abs(high) * 1e-9) {
    const air = Math.abs(high) * 0.1 || 1;
    low -= air;
    high += air;
  }
  const step = roundStep((high - low) / ticks) / 2;
  // Rounded to the digits of the step: 0.1 + 0.2 must not become a label.
  const tidy = (value: number) => Number(value.toPrecision(12));
  const from = tidy(Math.floor(low / step) * step);
  const to = tidy(Math.ceil(high / step) * step);
  return [
    bounds.low === null ? from : Math.max(from, bounds.low),
    bounds.high === null ? to : Math.min(to, bounds.high),
  ];
}

/** The nearest of 1, 2, 5 × 10ⁿ at or above. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((item) => item * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/**
 * Moves places apart so that neighbours are at least `gap` away and all lie within the domain, as little as can be: each
 * run of touching labels is centred on the mean of where its members want to be (pool adjacent violators).
 */
export function spreadLabels(
  places: readonly number[],
  gap: number,
  [low, high]: readonly [number, number],
): number[] {
  const order = places.map((_, index) => index).sort((a, b) => places[a]! - places[b]!);
  const groups: { members: number[]; middle: number }[] = [];
  const inside = (middle: number, size: number) => {
    const reach = ((size - 1) * gap) / 2;
    return low + reach > high - reach
      ? (low + high) / 2
      : Math.min(Math.max(middle, low + reach), high - reach);
  };
  for (const index of order) {
    let group = { members: [index], middle: inside(places[index]!, 1) };
    for (;;) {
      const before = groups.at(-1);
      if (before === undefined) break;
      const reach = ((before.members.length + group.members.length) * gap) / 2;
      if (group.middle - before.middle >= reach - gap * 1e-9) break;
      groups.pop();
      const members = [...before.members, ...group.members];
      const wanted = members.reduce((sum, item) => sum + places[item]!, 0) / members.length;
      group = { members, middle: inside(wanted, members.length) };
    }
    groups.push(group);
  }
  const spread = new Array<number>(places.length).fill(0);
  for (const { members, middle } of groups) {
    for (const [rank, index] of members.entries()) {
      spread[index] = middle + (rank - (members.length - 1) / 2) * gap;
    }
  }
  return spread;
}
