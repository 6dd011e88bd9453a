import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { mcp, tokens, vendorTools } from '#test/support/vendor-items.ts';
import { listToolSecrets, redactValues, toShownTool, withoutToolSecrets } from './tool-secrets.ts';

const container = {
  type: 'shell',
  environment: {
    type: 'container_auto',
    network_policy: {
      type: 'allowlist',
      domain_secrets: [{ domain: 'api.example.com', name: 'TOKEN', value: 'secret-of-a-host' }],
    },
  },
};
const schema = {
  type: 'object',
  properties: { authorization: { type: 'string' }, headers: { type: 'object' } },
};
const named = { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f', parameters: schema }] };

describe('the credentials of tools', () => {
  it.each([
    ['a remote server, in its address too', mcp, tokens],
    ['the hosts of a container', container, ['secret-of-a-host']],
    [
      'a user in an address',
      { server_url: 'https://the-user:the-password@mcp.example.com' },
      ['the-password'],
    ],
    [
      'an address, as they are written there and as they are meant',
      {
        server_url:
          'https://mcp.example.com/in%2Fthe%2Fpath%2Fof%2Fit?key=in%2Fthe%2Fquery#of=the%20fragment%21',
      },
      [
        ...['in%2Fthe%2Fpath%2Fof%2Fit', 'in/the/path/of/it', 'in%2Fthe%2Fquery', 'in/the/query'],
        ...['the%20fragment%21', 'fragment!'],
      ],
    ],
    ["Anthropic's servers", { authorization_token: 'token-of-anthropic' }, ['token-of-anthropic']],
  ])('are found for %s, without their scheme', (_, tool, secrets) => {
    expect(listToolSecrets([tool])).toEqual(expect.arrayContaining([...secrets]));
    expect(listToolSecrets([tool])).not.toContain('Bearer');
  });

  const plain: readonly object[] = [
    named,
    { server_url: 'https://mcp.example.com/mcp' },
    ...vendorTools.slice(1),
  ];
  it.each(plain.map((tool) => ({ ...tool })))('are none in %j', (tool) => {
    expect(listToolSecrets([tool])).toEqual([]);
    expect(withoutToolSecrets(tool)).toEqual(tool);
  });

  it('are left out of a tool, and of the address of one that is shown', () => {
    const { authorization: _, headers: __, ...rest } = mcp;
    expect(withoutToolSecrets(mcp)).toEqual(rest);
    expect(toShownTool(mcp)).toEqual({ ...rest, server_url: 'https://mcp.example.com' });
    expect(JSON.stringify(toShownTool(container))).not.toContain('secret-of-a-host');
    expect(toShownTool({ server_url: 'no address' })).toEqual({ server_url: null });
  });

  it('stand in no value after they were redacted, whatever is around them', () => {
    const secrets = listToolSecrets([mcp]);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...tokens), (value, token) => {
        const text = JSON.stringify(redactValues([value, { at: [`a ${token} b`] }], secrets));
        expect(text).not.toContain(token);
        expect(redactValues(value, [])).toBe(value);
      }),
    );
  });

  it('are left out at any depth, and what is nested deeper than a tool is', () => {
    let deep: object = { authorization: 'deep-token-1' };
    for (let depth = 0; depth < 40; depth++) deep = { deep };
    expect(JSON.stringify(withoutToolSecrets({ deep }))).not.toContain('deep-token-1');
  });
});
