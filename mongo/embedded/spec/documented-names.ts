import { ACCUMULATORS } from '../aggregate/accumulators.ts';
import { EXPRESSIONS } from '../aggregate/expression.ts';
import { STAGE_NAMES } from '../aggregate/pipeline.ts';
import { SERVER_ACCUMULATORS, SERVER_EXPRESSIONS, SERVER_STAGES } from '../aggregate/server-names.ts';
import { REFUSED_COMMANDS } from '../commands/admin/refused.ts';
import { COMMANDS } from '../commands/table.ts';
import { FILTER_OPERATORS, REFUSED_OPERATORS } from '../query/parse.ts';
import { MODIFIERS, REFUSED_MODIFIERS } from '../update/modifiers.ts';

/** What the store has and what it refuses by name, from the code's own tables. */
interface Names {
  kind: string;
  supported: Iterable<string>;
  refused: Iterable<string>;
}

function tables(): Names[] {
  const refusedCommands = REFUSED_COMMANDS.map(([name]) => name);
  return [
    {
      kind: 'commands',
      supported: [...COMMANDS.keys()].filter((name) => !refusedCommands.includes(name)),
      refused: refusedCommands,
    },
    { kind: 'query operators', supported: FILTER_OPERATORS, refused: REFUSED_OPERATORS },
    { kind: 'update operators', supported: [...MODIFIERS.keys(), '$rename'], refused: REFUSED_MODIFIERS },
    { kind: 'stages', supported: STAGE_NAMES, refused: SERVER_STAGES },
    { kind: 'accumulators', supported: ACCUMULATORS.keys(), refused: SERVER_ACCUMULATORS },
    { kind: 'expressions', supported: EXPRESSIONS.keys(), refused: SERVER_EXPRESSIONS },
  ];
}

/** The names of one kind that the store has. */
export function supportedNames(kind: string): string[] {
  return [...(tables().find((one) => one.kind === kind)?.supported ?? [])];
}

/** The names of one kind that the store refuses. */
export function refusedNames(kind: string): string[] {
  const table = tables().find((one) => one.kind === kind);
  const has = new Set(table?.supported);
  return [...(table?.refused ?? [])].filter((name) => !has.has(name));
}

/** The rows that the table in docs/embedded-store.md must have, in order. */
export function documentedRows(): string[] {
  return tables().map(({ kind, supported }) => {
    const refused = formatNames(refusedNames(kind)) || 'any other name is FailedToParse (9)';
    return `| ${kind} | ${formatNames(supported)} | ${refused} |`;
  });
}

const formatNames = (names: Iterable<string>): string =>
  [...names]
    .sort()
    .map((name) => `\`${name}\``)
    .join(' ');
