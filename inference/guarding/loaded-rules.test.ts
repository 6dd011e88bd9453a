import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/**
 * Runs `script` in a process of its own. `loaded` there has the files of modules that were loaded so far, `plans` makes what a process has of
 * HEDDLE_GUARDRAILS and of a catalog, whose policies `publish` replaces.
 */
async function runLoading(script: string): Promise<unknown> {
  const module = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { loadPolicyRules } = await import('#inference/guarding/loaded-rules.ts');
    const { findRule } = await import('#guardrails/rules.ts');
    const count = () => loaded.filter((url) => /find-pii|\\/eld\\//.test(url)).length;
    let listener;
    const publish = (...policies) => listener({ guardrails: new Map([['t', policies]]) });
    const policy = (rule, mode = 'ENFORCE') => ({ mode, rules: [{ rule }] });
    const first = [];
    const catalog = { follow: (follower) => {
      listener = follower;
      publish(...first);
      return { [Symbol.dispose]() {} };
    } };
    const look = async (name, options, text) => {
      const before = loaded.length;
      const context = { tenantId: null, endUserId: null, callTexts: () => [], signal: new AbortController().signal };
      const guarded = { text, kind: 'message', role: 'user', format: 'TEXT', stages: ['INPUT'], isEditable: true };
      const { fired } = await findRule(name).prepare(options, {}).check([guarded], context);
      return [fired, loaded.length - before];
    };
    ${script}
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', module], {
    cwd: new URL('../..', import.meta.url),
  });
  return JSON.parse(stdout);
}

describe('what a rule needs', () => {
  it('is loaded at the start where HEDDLE_GUARDRAILS or a policy names it, and no call loads more', async () => {
    const script = `
      first.push(policy('language'), policy('secrets'), policy('of-a-newer-version'));
      await loadPolicyRules('pii', catalog);
      const atStart = count();
      console.log(JSON.stringify([
        atStart > 1,
        await look('pii', {}, 'Call +49 30 901820, card 4111 1111 1111 1111'),
        await look('language', { denied: ['de'] }, 'Bitte schicken Sie mir den Bericht über das neue Gebäude.'),
      ]));
    `;
    expect(await runLoading(script)).toEqual([true, [true, 0], [true, 0]]);
  });

  it('is not loaded where none names it, nor for a policy that is off, until one that acts is read', async () => {
    const script = `
      first.push(policy('pii', 'OFF'), policy('secrets'));
      await loadPolicyRules('secrets', catalog);
      const atStart = count();
      publish(policy('pii', 'SHADOW'));
      await findRule('pii').load();
      console.log(JSON.stringify([atStart, count(), await look('pii', {}, 'Call +49 30 901820')]));
    `;
    expect(await runLoading(script)).toEqual([0, 1, [true, 0]]);
  });
});
