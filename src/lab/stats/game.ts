/**
 * Games of a few players, exact by looking at every coalition. A game is a list of 2ⁿ values: entry s is what the players
 * whose bits are set in s get together, so entry 0 is nobody and the last entry everybody.
 *
 * Shapley values: L. S. Shapley, "A value for n-person games", 1953. Interactions by order: H. Zhang et al. 2020, H. Deng et
 * al., "Discovering and explaining the representation bottleneck of DNNs", ICLR 2022.
 */
import { checkSample, StatisticsError } from './sample.js';

/** More players than this have more coalitions than are worth listing (a million values). */
const MOST_PLAYERS = 20;

/** Number of players of a game. @throws StatisticsError unless it lists a value for each of 2ⁿ coalitions, 1 ≤ n ≤ 20. */
export function playersOf(game: ArrayLike<number>): number {
  const players = Math.log2(game.length);
  if (!Number.isInteger(players) || players < 1 || players > MOST_PLAYERS) {
    throw new StatisticsError(
      `a game of n players lists 2ⁿ values, n from 1 to ${MOST_PLAYERS}, not ${game.length}`,
    );
  }
  checkSample(game, 2, 'values of the game');
  return players;
}

/**
 * What each player brings: the mean, over all orders in which the players may come, of what the value rises by as the player
 * comes. The values add up to v(everybody) − v(nobody).
 */
export function shapleyValues(game: ArrayLike<number>): number[] {
  const players = playersOf(game);
  // |S|! (n − |S| − 1)! / n! = 1 / (n · C(n − 1, |S|)).
  const weights = Array.from(
    { length: players },
    (_, size) => 1 / (players * choose(players - 1, size)),
  );
  return Array.from({ length: players }, (_, player) => {
    const bit = 1 << player;
    let sum = 0;
    for (let rest = 0; rest < game.length; rest++) {
      if (rest & bit) continue;
      sum += weights[sizeOf(rest)]! * (game[rest | bit]! - game[rest]!);
    }
    return sum;
  });
}

/** How two players work together in company of each size. */
export interface PairInteraction {
  readonly players: readonly [number, number];
  /**
   * I⁽ᵐ⁾ for m = 0 … n − 2: mean over the sets S of m other players of v(S ∪ {i, j}) − v(S ∪ {i}) − v(S ∪ {j}) + v(S).
   */
  readonly byOrder: readonly number[];
}

/** The interactions of every pair of players; their mean over orders is the Shapley interaction index. */
export function pairInteractions(game: ArrayLike<number>): PairInteraction[] {
  const players = playersOf(game);
  if (players < 2) throw new StatisticsError('a pair needs at least 2 players');
  const pairs: PairInteraction[] = [];
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++) {
      const [one, other] = [1 << i, 1 << j];
      const sums = new Array<number>(players - 1).fill(0);
      for (let rest = 0; rest < game.length; rest++) {
        if (rest & (one | other)) continue;
        sums[sizeOf(rest)]! +=
          game[rest | one | other]! - game[rest | one]! - game[rest | other]! + game[rest]!;
      }
      pairs.push({
        players: [i, j],
        byOrder: sums.map((sum, order) => sum / choose(players - 2, order)),
      });
    }
  }
  return pairs;
}

/**
 * What the efficiency identity leaves over: v(everybody) − v(nobody) less Σᵢ [v({i}) − v(nobody)] and less
 * Σ over ordered pairs and orders of (n − 1 − m) / (n(n − 1)) · I⁽ᵐ⁾(i, j) (Deng et al. 2022). 0 but for rounding.
 */
export function efficiencyError(
  game: ArrayLike<number>,
  pairs: readonly PairInteraction[] = pairInteractions(game),
): number {
  const players = playersOf(game);
  let left = game[game.length - 1]! - game[0]!;
  for (let i = 0; i < players; i++) left -= game[1 << i]! - game[0]!;
  for (const { byOrder } of pairs) {
    for (const [order, value] of byOrder.entries()) {
      left -= (2 * (players - 1 - order) * value) / (players * (players - 1));
    }
  }
  return left;
}

/** Number of set bits. */
function sizeOf(coalition: number): number {
  let size = 0;
  for (let rest = coalition; rest > 0; rest &= rest - 1) size++;
  return size;
}

function choose(from: number, count: number): number {
  let ways = 1;
  for (let k = 1; k <= count; k++) ways = (ways * (from - count + k)) / k;
  return ways;
}
