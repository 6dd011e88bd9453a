import type { BenchFigures, BenchLoad } from './measure.ts';

/** CPU of Heddle as a multiple of the bare pass-through's in the same run. */
export interface BenchRatios {
  readonly complete: number;
  readonly token: number;
}

/** What a release took, and by how much a change may exceed it. */
export interface BenchBudget {
  readonly release: string;
  /** The load that the ratios were measured under; others give other ratios. */
  readonly load: BenchLoad;
  /** Percent beyond a ratio that are noise between two runs of one machine. */
  readonly percentMax: number;
  readonly ratios: BenchRatios;
}

/** The middle value; the higher one of the two middle values. */
export const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Ratios of the medians over all rounds. */
export function computeRatios(
  figures: Pick<BenchFigures, 'call' | 'floorCall' | 'token' | 'floorToken'>,
): BenchRatios {
  return {
    complete: median(figures.call) / median(figures.floorCall),
    token: median(figures.token) / median(figures.floorToken),
  };
}

/** One line for each ratio that is beyond the budget, or that could not be measured. */
export function findOverruns(measured: BenchRatios, budget: BenchBudget): readonly string[] {
  return (['complete', 'token'] as const).flatMap((name) => {
    const allowed = budget.ratios[name] * (1 + budget.percentMax / 100);
    if (measured[name] <= allowed) return [];
    return [
      `${name}: ${measured[name].toFixed(2)} times the pass-through; ${budget.release} took ${budget.ratios[name]}, and at most ${allowed.toFixed(2)} pass.`,
    ];
  });
}
