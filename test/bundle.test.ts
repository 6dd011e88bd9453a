import { expect, it } from 'vitest';
import { runHeddle } from './support/mesh.ts';

it('is what the processes run that tests start', async () => {
  const { code, output } = await runHeddle(['unknown-command'], { LOG_LEVEL: 'debug' });
  expect(code).toBe(1);
  expect(output).toContain('there is no command unknown-command');
  expect(output).toMatch(/\bat .*heddle-bundle\/[ab]\/\S+\.mjs:\d+/);
});
