import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { measureCpuMs } from '#test/support/cpu-time.ts';
import { ClientAddresses, isNetwork } from './client-address.ts';

const addresses = new ClientAddresses(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
const behind = (headers: Record<string, string>) =>
  addresses.behind('10.0.0.1', { headers } as unknown as IncomingMessage).address;

describe('ClientAddresses', () => {
  it.each([
    ['9.9.9.9', '9.9.9.9'],
    ['9.9.9.9:4711', '9.9.9.9'],
    ['1.1.1.1, 9.9.9.9', '9.9.9.9'],
    ['1.1.1.1, 9.9.9.9, 10.2.3.4', '9.9.9.9'],
    ['9.9.9.9, 127.0.0.1 ,10.2.3.4', '9.9.9.9'],
    ['10.9.9.9, 10.2.3.4', '10.9.9.9'],
    ['::ffff:9.9.9.9', '9.9.9.9'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1, fd00::1', '2001:db8::1'],
    ['garbage, 9.9.9.9', '9.9.9.9'],
    ['9.9.9.9, garbage', null],
    ['9.9.9.9, ', null],
    ['', null],
    ['unknown', null],
    ['9.9.9.9.9', null],
    ['[9.9.9.9]', null],
    ['256.1.1.1', null],
    ['9.9.9.9/8', null],
    ['9.9.9.9; 10.0.0.1', null],
    [Array.from({ length: 40 }, () => '10.0.0.2').join(), null],
    [`9.9.9.9, ${Array.from({ length: 40 }, () => '10.0.0.2').join()}`, null],
  ])('reads X-Forwarded-For from its end: %s', (header, address) => {
    expect(behind({ 'x-forwarded-for': header })).toBe(address);
  });

  it.each([
    ['for=9.9.9.9', '9.9.9.9'],
    ['For="9.9.9.9:4711"', '9.9.9.9'],
    ['for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['for=1.1.1.1, for=9.9.9.9;proto=https;by=10.0.0.1', '9.9.9.9'],
    ['proto=https;for=9.9.9.9;host="a,b;c", for=10.0.0.3', '9.9.9.9'],
    ['for=9.9.9.9;by="a\\"b, for=8.8.8.8"', '9.9.9.9'],
    ['for=unknown', null],
    ['for=_hidden', null],
    ['proto=https', null],
    ['for=8.8.8.8;for=9.9.9.9', null],
    ['for="9.9.9.9', null],
    ['for=9.9.9.9;', '9.9.9.9'],
    ['9.9.9.9', null],
    ['', null],
  ])('reads Forwarded from its end: %s', (header, address) => {
    expect(behind({ forwarded: header })).toBe(address);
  });

  it('takes the proxy for the client where it sends nothing, and no client where its headers contradict each other', () => {
    expect(behind({})).toBe('10.0.0.1');
    expect(behind({ 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9' })).toBe('9.9.9.9');
    expect(behind({ 'x-forwarded-for': '9.9.9.9', forwarded: 'for=8.8.8.8' })).toBe(null);
    expect(behind({ 'x-forwarded-for': '9.9.9.9', forwarded: 'nonsense' })).toBe(null);
  });

  it.each([
    ['9.9.9.9', '9.9.9.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::9.9.9.9', '64:ff9b:0:0::/64'],
  ])('counts %s under %s', (address, subject) => {
    expect(addresses.direct(address).subject).toBe(subject);
  });

  it('reads hostile headers in linear time', async () => {
    for (const header of [
      '"'.repeat(16_000),
      'for='.repeat(4_000),
      `for="${'\\'.repeat(16_000)}`,
      ','.repeat(16_000),
    ]) {
      const cpuMs = await measureCpuMs(() => {
        expect(behind({ forwarded: header })).toBe(null);
        expect(behind({ 'x-forwarded-for': header })).toBe(null);
      });
      expect(cpuMs).toBeLessThan(500);
    }
  });
});

describe('isNetwork', () => {
  it('takes addresses and CIDR notation alone', () => {
    for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])
      expect(isNetwork(text)).toBe(true);
    for (const text of ['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fe80::1%lo', 'host', '::/129'])
      expect(isNetwork(text)).toBe(false);
  });
});
