/** How the episodes of a condition agree with what is known to be wrong. */
export interface Score {
  readonly name: string;
  /** What it is to find, in words. */
  readonly wanted: string;
  readonly incidents: number;
  readonly found: number;
  readonly episodes: number;
  /** Episodes that are part of no incident. */
  readonly wrong: number;
}

interface Hours {
  readonly from: number;
  readonly to: number;
}

/** Adds up the scores of one condition over many series. */
export class Scorer {
  readonly #name: string;
  readonly #wanted: string;
  #incidents = 0;
  #found = 0;
  #episodes = 0;
  #wrong = 0;

  constructor(name: string, wanted: string) {
    this.#name = name;
    this.#wanted = wanted;
  }

  /** An incident is found by an episode that begins within it, or in the hour after it; other episodes are wrong. */
  add(episodes: readonly Hours[], incidents: readonly Hours[]): void {
    const isOf = (episode: Hours, incident: Hours) =>
      episode.from >= incident.from && episode.from <= incident.to;
    this.#incidents += incidents.length;
    this.#episodes += episodes.length;
    this.#found += incidents.filter((incident) => episodes.some((episode) => isOf(episode, incident))).length;
    this.#wrong += episodes.filter(
      (episode) => !incidents.some((incident) => isOf(episode, incident)),
    ).length;
  }

  get score(): Score {
    return {
      ...{ name: this.#name, wanted: this.#wanted, incidents: this.#incidents },
      ...{ found: this.#found, episodes: this.#episodes, wrong: this.#wrong },
    };
  }
}

export const readRecall = ({ found, incidents }: Score) => (incidents === 0 ? 1 : found / incidents);
export const readPrecision = ({ episodes, wrong }: Score) =>
  episodes === 0 ? 1 : (episodes - wrong) / episodes;
