import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attackCategories } from './attacks.ts';
import type { KindOutcome } from './run.ts';
import { computeShare, findFailures, replaceRedTeamTable, writeTable } from './table.ts';
import { flattenTexts, readResponse } from './texts.ts';

const seed = process.env.HEDDLE_TEST_SEED ?? '2026';

/** Outcomes in which this share of each kind was stopped. */
const buildOutcomes = (stopped: number): readonly KindOutcome[] =>
  attackCategories.flatMap(({ id, kinds }) =>
    kinds.map(({ name }) => ({ category: id, kind: name, attempts: 10, stopped })),
  );

describe('npm run redteam', () => {
  it('stops of each category what it states, and nothing is stopped by chance', async () => {
    const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ATTEMPTS: '1', SEED: seed },
    });
    let [printed, complaints] = ['', ''];
    child.stdout.on('data', (text: Buffer) => {
      printed += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      complaints += text;
    });
    const [code] = await once(child, 'close');
    expect(complaints).toBe('');
    expect(code).toBe(0);
    const rows = [
      ...printed.matchAll(/^\| (LLM\d\d) .+? \| (\d+) \| (\d+) \| (\d+) % \| (\d+) % \| (\d+) % \| .+ \|$/gm),
    ];
    expect(rows.map(([, id, kinds]) => [id, Number(kinds)])).toEqual(
      attackCategories.map(({ id, kinds }) => [id, kinds.length]),
    );
    // Without guardrails an attempt that is stopped would be one that cannot succeed, except where the mesh itself refuses.
    const byMesh = rows.flatMap(([, id, , , none]) => (none === '0' ? [] : [id]));
    expect(byMesh).toEqual(['LLM03', 'LLM04', 'LLM10']);
  }, 120_000);

  it('fails where less is stopped than a category states', () => {
    expect(
      findFailures({ none: buildOutcomes(0), default: buildOutcomes(10), every: buildOutcomes(10) }),
    ).toEqual([]);
    const failures = findFailures({
      none: buildOutcomes(0),
      default: buildOutcomes(0),
      every: buildOutcomes(10),
    });
    // Nothing of LLM09 has to be stopped by the default policy.
    expect(failures.map((failure) => failure.slice(0, 5))).toEqual(
      attackCategories.map(({ id }) => id).filter((id) => id !== 'LLM09'),
    );
    expect(failures[0]).toBe('LLM01, default: 0 % of at least 65 %');
  });

  it('has its table in docs/security.md, with every category and kind that passed', () => {
    const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    for (const { id, name } of attackCategories) expect(page).toContain(`| ${id} ${name} |`);
    const written = { none: buildOutcomes(0), default: buildOutcomes(5), every: buildOutcomes(10) };
    const table = writeTable(written);
    expect(table).toContain('- LLM08: a secret that is embedded (stopped 5 of 10, every rule 10);');
    expect(computeShare(written.default, 'LLM01')).toBe(0.5);
    expect(replaceRedTeamTable(page, table)).toContain(table);
    expect(() => replaceRedTeamTable('', table)).toThrow(/has no/);
  });
});

describe('what an attempt has shown', () => {
  it('is every text of an answer, also where it is JSON in a text, base64 or pieces of a stream', () => {
    expect(flattenTexts({ a: ['{"b":"deep"}'], n: 12 })).toContain('deep');
    expect(flattenTexts({ a: 12 })).toContain('12');
    const file = `data:text/plain;base64,${Buffer.from('hidden').toString('base64')}`;
    expect(flattenTexts([file])).toContain('hidden');
    const piece = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
    const call = (given: string) => piece({ tool_calls: [{ function: { arguments: given } }] });
    const stream = piece({ content: 'sec' }) + piece({ content: 'ret' }) + call('{"x":"a\\n') + call('b"}');
    expect(readResponse(stream)).toContain('secret');
    expect(readResponse(stream)).toContain('a\nb');
  });
});
