import type { RefusedToken, TokenProblem } from '#core/caller.ts';

/** Why a token is refused, in words for its owner. They hold no text of the token but names of claims. */
export class TokenRefusal extends Error {
  readonly problem: TokenProblem;

  constructor(problem: TokenProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenRefusal';
    this.problem = problem;
  }

  toResult(): RefusedToken {
    return { refused: this.problem, message: this.message };
  }
}
