import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFolders } from '#test/support/source-folders.ts';
import { variables } from './config.ts';
import { otherVariables, refuseUnknownVariables } from './unknown-variables.ts';

const root = resolve(import.meta.dirname, '..');

describe('refuseUnknownVariables', () => {
  it.each([
    ['HEDDLE_GUARDRAIL', 'HEDDLE_GUARDRAILS'],
    ['HEDDLE_GAURDRAILS', 'HEDDLE_GUARDRAILS'],
    ['HEDDLE_BODY_BYTE_MAX', 'HEDDLE_BODY_BYTES_MAX'],
    ['heddle_cost_max', 'HEDDLE_COST_MAX'],
    ['HEDDLE_PORT', 'PORT'],
    ['HEDDLE_LOG_LEVEL', 'LOG_LEVEL'],
    ['HEDDLE_BODY', 'HEDDLE_BODY_BYTES_MAX'],
  ])('suggests for %s what comes closest', (name, suggested) => {
    expect(() => refuseUnknownVariables({ [name]: '1' })).toThrow(
      `${name} is no variable of Heddle; did you mean ${suggested}?`,
    );
  });

  it('suggests nothing where nothing comes close, names all and repeats no value', () => {
    const refuse = () =>
      refuseUnknownVariables({ HEDDLE_SOMETHING_ELSE: 'pssst', HEDDLE_GUARDRAIL: 'pssst' });
    expect(refuse).toThrow(/HEDDLE_SOMETHING_ELSE is no variable of Heddle .*HEDDLE_GUARDRAILS\?/);
    expect(refuse).not.toThrow('pssst');
  });

  it('takes every variable that is documented, what is empty, and what is not ours', () => {
    const ours = Object.keys(variables).map((name) => [name, 'x'] as const);
    refuseUnknownVariables({ ...Object.fromEntries(ours), PATH: 'x', HEDDLE_GUARDRAIL: '', HEDDLES: 'x' });
  });

  it('takes what Kubernetes sets for a service of our name', () => {
    refuseUnknownVariables({
      HEDDLE_SERVICE_HOST: '10.0.0.1',
      HEDDLE_SERVICE_PORT: '4000',
      HEDDLE_SERVICE_PORT_HTTP: '4000',
      HEDDLE_PORT: 'tcp://10.0.0.1:4000',
      HEDDLE_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      HEDDLE_PORT_4000_TCP_ADDR: '10.0.0.1',
      HEDDLE_GATEWAY_SERVICE_HOST: '10.0.0.1',
    });
  });

  it('knows every variable that the tests and the documentation use', () => {
    const folders = ['bench', 'docs', 'test', ...sourceFolders];
    const files = folders
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
          (name) => `${folder}/${name}`,
        ),
      )
      .filter((path) => /\.(ts|md)$/.test(path) && !path.startsWith('server/unknown-variables'));
    const read = [...files, 'vitest.config.ts', 'README.md', '.ci/run', 'docker-compose.yml', 'Dockerfile'];
    const used = new Set(
      read.flatMap(
        (path) =>
          readFileSync(join(root, path), 'utf8').match(/(?<=process\.env\.|\$\{?)HEDDLE_[A-Z_]*[A-Z]\b/g) ??
          [],
      ),
    );
    const known = new Set<string>([...Object.keys(variables), ...otherVariables]);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
  });
});
