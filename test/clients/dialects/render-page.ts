import type { Cell, Outcome } from './measure-cell.ts';

export type Table = readonly (readonly [name: string, cells: readonly Cell[]])[];

const words: Readonly<Record<Outcome, string>> = {
  yes: 'yes',
  dropped: 'dropped',
  refused: 'refused',
  none: '–',
  unused: 'unused',
  lost: '**lost**',
};

const head = `# Dialects and wire formats

What becomes of each feature of a call on its way from the dialect of a client to the wire format of a provider. The tables are written by
\`test/clients/dialects/dialect-table.test.ts\`, which sends each call over HTTP, whole and streamed, to a local server of the wire format, and
compares the requests and answers of both sides.

| cell | meaning |
|---|---|
| yes | The feature of the call is in the request of the provider, and that of the answer reaches the client. |
| dropped | The provider has no field for it. It is not sent, and is named in \`x-heddle-dropped\` (GraphQL: \`dropped\`). |
| refused | The provider has nothing for it, and an answer without it would be to another call: \`BAD_USER_INPUT\`, and no provider is called. |
| – | The dialect, the wire format or the answer has no place for it. |
| unused | The demo, which is no AI, has no use for it. |

Where a provider has no place for the refusal of an earlier answer, it is sent as text. A JSON object without a schema is requested with the schema of any
object where the format has no word for it.

## OpenAI's two APIs

\`OPENAI\` calls an AI model through chat completions or through responses; the column of the API that is used applies. The API is chosen for each call:

| call | API | why |
|---|---|---|
| of several answers (\`n\`, \`alternatives\`) | chat completions | Responses have one answer. |
| with tools that OpenAI runs, or items of a conversation that only responses have | responses | Chat completions have neither. |
| any other of a reasoning model (o1 and gpt-5, and their successors) | responses | Only there are reasoning and its summaries part of a conversation, do efforts go together with tools, and are the newest AI models served. |
| any other | chat completions | They take stop sequences, a seed, penalties and names of participants. |

Names of participants and a seed do not have a reasoning model called through chat completions: each of its turns would lack its earlier reasoning, which changes
answers more than a name does. They are dropped and named. Reasoning models refuse stop sequences, penalties and a temperature in both APIs.
`;

/** The page with a table for each dialect. */
export function renderPage(columns: readonly string[], tables: ReadonlyMap<string, Table>): string {
  const sections = [...tables].map(([name, table]) =>
    [
      `## ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      '',
      `| feature | ${columns.join(' | ')} |`,
      `|${'---|'.repeat(columns.length + 1)}`,
      ...table.map(
        ([feature, cells]) => `| ${[feature, ...cells.map(({ outcome }) => words[outcome])].join(' | ')} |`,
      ),
    ].join('\n'),
  );
  return `${[head, ...sections].join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`;
}
