import { describe, expect, it } from 'vitest';
import { formatRoutes } from './routes.ts';

describe('the table of routes', () => {
  it('has columns as wide as their widest cell, the header included, and no space at the end of a line', () => {
    const route = { method: 'GET', path: '/', door: 'a', access: 'off', when: null } as const;
    expect(formatRoutes([route, { ...route, access: 'required', when: 'x: y' }]).split('\n')).toEqual([
      'METHOD  PATH  HANDLER  NEEDS       WHEN',
      'GET     /     a        turned off',
      'GET     /     a        an API key  x: y',
    ]);
  });
});
