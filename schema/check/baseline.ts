import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A git ref that does not exist here. */
export class UnknownRefError extends Error {
  constructor(ref: string) {
    super(`git knows no ${ref} here.`);
    this.name = 'UnknownRefError';
  }
}

/** A supergraph as it stood at a commit. */
export interface Baseline {
  readonly ref: string;
  /** Undefined when there was no supergraph yet. */
  readonly supergraph: string | undefined;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

function git(args: readonly string[], directory: string): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    // Any error: git fails where there is no such ref, and cannot be started where there is no git.
    return undefined;
  }
}

/** Where this branch left origin/main, or HEAD when there is no such branch; undefined outside of git. */
function defaultRef(directory: string): string | undefined {
  const found =
    git(['merge-base', 'origin/main', 'HEAD'], directory) ?? git(['rev-parse', 'HEAD'], directory);
  return found?.trim();
}

/**
 * The supergraph at a git ref; without one, where this branch left origin/main, or at HEAD. Undefined outside of a git
 * checkout. Throws UnknownRefError for a ref that is requested and does not exist.
 */
export function readBaseline(ref: string | undefined, directory = checkout): Baseline | undefined {
  const chosen = ref ?? defaultRef(directory);
  if (chosen === undefined) return undefined;
  // A ref that begins with a dash would be read as an option.
  const known = chosen.startsWith('-')
    ? undefined
    : git(['rev-parse', '--verify', `${chosen}^{commit}`], directory);
  if (known === undefined) throw new UnknownRefError(chosen);
  const supergraph = git(['show', `${known.trim()}:schema/supergraph.graphql`], directory);
  return { ref: ref ?? known.trim().slice(0, 12), supergraph };
}
