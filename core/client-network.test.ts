import { expect, it } from 'vitest';
import { toIpv6Network, toSiteNetwork } from './client-network.ts';

it.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['127.0.0.1', '127.0.0.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:0db8::1', '2001:db8:0::/48'],
  ['::1', '0:0:0::/48'],
  ['::ffff:203.0.113.7', '0:0:0::/48'],
  ['no address', null],
  ['', null],
])('the network of the site of %s is %s', (address, network) => {
  expect(toSiteNetwork(address)).toBe(network);
});

it('cuts an IPv6 address at the bits that are wanted', () => {
  expect(toIpv6Network('2001:db8:1:2::9', 64)).toBe('2001:db8:1:2::/64');
  expect(toIpv6Network('2001:db8:1:2::9', 48)).toBe('2001:db8:1::/48');
});
