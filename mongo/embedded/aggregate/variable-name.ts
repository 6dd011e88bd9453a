import { CommandError } from '../errors.ts';

/** Names of `let` variables start with a lower-case or a non-ASCII letter. */
export function checkVariableName(name: string): void {
  if (!/^[a-z\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*$/u.test(name)) {
    throw new CommandError(
      'FailedToParse',
      `'${name}' starts with an invalid character for a user variable name`,
    );
  }
}
