import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFolders } from '#test/support/source-folders.ts';

const root = resolve(import.meta.dirname, '..');

/** Conversational words and old names, with the term to use. Matched as whole words, in any case. */
const replaced: readonly (readonly [pattern: string, use: string])[] = [
  ['tell|tells|told', 'returns, reports, logs, emits, distinguishes'],
  ['say|says|said', 'states, reports, returns, received'],
  ['asks|asked(?: for)?|ask for', 'requests, requires, calls'],
  ['gives|gave', 'returns, sends, provides, assigns'],
  ['nobody|somebody|someone|anybody|anyone|everybody|whom', 'the caller, the client, all callers'],
  ['go on|went on', 'continue'],
  ['how far', 'progress, position'],
  ['unless given|is given|are given', 'by default; is set, is configured'],
  ['goes on', 'continues'],
  ['what runs', 'operations in progress'],
  ['who is calling', 'the caller'],
  ['leash|onleash', 'time limit'],
  ['misfit', 'mismatch'],
  ['riddle|heed', 'a plain verb'],
  ['catalogues?', 'catalog'],
  ['tally', 'usage accumulator'],
  ['closeabandoned|abandoned rows?', 'orphaned rows'],
  ['attemptend', 'AttemptResult'],
];

/** Further words that a description of the schema does not use. */
const vagueInSchema: readonly (readonly [pattern: string, use: string])[] = [
  ['how far', 'current status'],
  ['whom|who asks|who asked', 'the caller, the app, the end user'],
  ['said|says', 'states, returns'],
  ['left out|unless given', 'the default is'],
  ['to be\\.|has just been made', 'input for creating'],
  ['must fit|that fit', 'match'],
  ['what people call it', 'the display name'],
  ['null: ', 'null if'],
];

/** Further words that the documentation does not use. */
const vagueInDocs: readonly (readonly [pattern: string, use: string])[] = [
  ['go on|went on', 'continue'],
  ['everybody|anybody', 'every caller, any caller'],
  ['asks? for the scope|asks? for a scope', 'requires the scope'],
  ['(?:it|this|that|page|test|error|message|code) says', 'states, returns, names'],
  ['is believed|are believed', 'is trusted'],
  ['is settled|are settled', 'is committed'],
];

/** Declared in place of these, so that no alias of them returns. */
const oldTypes = /\b(?:type|interface|class|enum)\s+(?:Begun|Ended|Ending|AttemptEnd|Led|Tally)\b/;

function listFiles(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !/node_modules|generated/.test(name))
    .map((name) => join(folder, name));
}

function findWords(files: readonly string[], words: typeof replaced, searched = /^.*$/): readonly string[] {
  const patterns = words.map(([pattern, use]) => ({
    use,
    regex: new RegExp(`\\b(?:${pattern})(?!\\w)`, 'i'),
  }));
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        patterns
          .filter(({ regex }) => regex.test(searched.exec(line)?.[0] ?? ''))
          .map(({ use }) => `${file}:${index + 1}: ${line.trim()} (use: ${use})`),
      ),
  );
}

const folders = sourceFolders.filter((name) => name !== 'test');
// The bodies of tests and their helpers are not searched: they quote clients, models and providers.
const sources = folders
  .flatMap((folder) => listFiles(folder, /\.(?:ts|lua|graphql)$/))
  .filter((file) => !/\.test\.ts$|-suite\.ts$|\/spec\//.test(file))
  // They are what attackers and users write.
  .filter((file) => !/^guardrails\/(?:rules\/injection\/signals|measure\/sets)\//.test(file));
const descriptions = sources.filter((file) => file.endsWith('.graphql'));

describe('the words of the code', () => {
  it('are the terms of technical references, in names, comments, errors and logs', () => {
    expect(sources.length).toBeGreaterThan(500);
    expect(findWords(sources, replaced)).toEqual([]);
  });

  it('are those of the names of tests', () => {
    const tests = [...sourceFolders, 'test'].flatMap((folder) =>
      listFiles(folder, /\.test\.ts$|-suite\.ts$/),
    );
    expect(tests.length).toBeGreaterThan(300);
    // Also a name that stands behind the end of its table.
    const name =
      /^\s*(?:(?:it|describe)(?:\.\w+)*(?:\(.*\))?|\](?: as const)?\))\(\s*(?:'(?:[^'\\]|\\.)*'|`[^`]*`)/;
    expect(findWords(tests, replaced, name)).toEqual([]);
  });

  it('name functions and methods by verbs: none ends in Of', () => {
    const declared =
      /^\s*(?:(?:export )?(?:async )?(?:function\*?|const) [a-z]\w*Of\b|(?:async )?\*?#?[a-z]\w*Of\(.*\{$)/m;
    const searched = [...sourceFolders, 'test'].flatMap((folder) => listFiles(folder, /\.ts$/));
    expect(searched.length).toBeGreaterThan(1_000);
    expect(searched.filter((file) => declared.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('of the documentation are those terms too', () => {
    const pages = [
      ...readdirSync(root).filter((name) => name.endsWith('.md')),
      ...listFiles('docs', /\.md$/),
      ...listFiles('examples', /\.(?:md|js|jsx|py|html|yml)$/),
    ];
    expect(pages.length).toBeGreaterThan(30);
    expect(findWords(pages, [...replaced, ...vagueInDocs])).toEqual([]);
  });

  it('declare no type by a replaced name', () => {
    expect(sources.filter((file) => oldTypes.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('describe fields of the schema by what they are', () => {
    expect(descriptions.length).toBeGreaterThan(5);
    expect(findWords(descriptions, vagueInSchema)).toEqual([]);
  });
});
