import { describe, expect, it } from 'vitest';
import { createEgress, openEgress, parseAllowList } from './egress.ts';

const readHost = (url: string) => new URL(url).hostname;

const forbidden = [
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::169.254.169.254]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[::ffff:0:169.254.169.254]/',
  'http://[64:ff9b:1::169.254.169.254]/',
  'http://[64:ff9b::100.100.100.200]/',
  'http://[64:ff9b::168.63.129.16]/',
  'http://[2002:6464:64c8::1]/',
  'http://[2002:c000:c0:1:2:3:4:5]/',
  'http://[::192.0.0.192]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fd20:ce::254]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://0.0.0.0:11434/',
  'http://[::]/',
  'http://224.0.0.1/',
  'http://metadata.google.internal/',
  'http://METADATA.google.internal./',
  'http://metadata/',
  'http://metadata.goog/',
  'http://metadata.tencentyun.com/',
  'http://instance-data/',
  'http://instance-data.ec2.internal/',
];

describe('a call to a provider', () => {
  it.each(forbidden)('never goes to %s, whatever is allowed', (url) => {
    expect(openEgress.refusalOfHost(readHost(url))).toContain('where no AI model is');
    const everything = createEgress(
      '0.0.0.0/0,::/0,*.internal,*.goog,*.tencentyun.com,metadata,instance-data',
    );
    expect(everything.refusalOfHost(readHost(url))).not.toBeNull();
  });

  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fe80::1%lo',
    'fd00:ec2::254',
    '0.0.0.0',
  ])('never goes to %s by a name that stands for it', (address) => {
    expect(openEgress.refusalOfAddress(address, 'models.example.com')).toContain(address);
    expect(createEgress('models.example.com').refusalOfAddress(address, 'models.example.com')).not.toBeNull();
  });

  it.each(['api.openai.com', '127.0.0.1', '[::1]', '10.0.0.7', 'ollama', 'localhost'])(
    'may go to %s where nothing is configured',
    (host) => {
      expect(openEgress.refusalOfHost(host)).toBeNull();
    },
  );

  const egress = createEgress('api.openai.com, *.example.com,10.1.0.0/16 , ::1, 192.168.1.5');
  it.each([
    ['api.openai.com', '1.2.3.4'],
    ['API.OpenAI.com.', '1.2.3.4'],
    ['eu.models.example.com', '1.2.3.4'],
    ['10.1.2.3', '10.1.2.3'],
    ['[::1]', '::1'],
    ['192.168.1.5', '192.168.1.5'],
    ['vllm.svc', '10.1.9.9'],
  ])('goes to what the list names: %s at %s', (host, address) => {
    expect(egress.refusalOfHost(host)).toBeNull();
    expect(egress.refusalOfAddress(address, host)).toBeNull();
  });

  it.each([
    ['example.com', '1.2.3.4'],
    ['evilexample.com', '1.2.3.4'],
    ['api.openai.com.evil.test', '1.2.3.4'],
    ['vllm.svc', '10.2.0.1'],
    ['localhost', '127.0.0.1'],
  ])('goes nowhere else: %s at %s', (host, address) => {
    expect(egress.refusalOfAddress(address, host)).toContain('HEDDLE_EGRESS_ALLOW');
  });

  it('is refused by its address before any name is looked up', () => {
    expect(egress.refusalOfHost('10.2.0.1')).toContain('HEDDLE_EGRESS_ALLOW');
    expect(egress.refusalOfHost('[2001:db8::1]')).toContain('HEDDLE_EGRESS_ALLOW');
  });

  it('goes nowhere with an empty list', () => {
    expect(createEgress('').refusalOfAddress('1.2.3.4', 'api.openai.com')).not.toBeNull();
  });
});

describe('the URL of a file, which a provider fetches', () => {
  it.each([
    ...forbidden,
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://localhost:8080/',
    'http://a.localhost/',
    'http://10.0.0.1/',
    'http://172.20.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[fd12::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:0:10.0.0.1]/',
    'http://[::10.0.0.1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::192.168.0.1]/',
    'http://[2002:a00:1::1]/',
    'http://[fec0::1]/',
    'http://198.18.0.1/',
    'http://240.0.0.1/',
    'http://router.home.arpa/',
    'http://host.localdomain/',
    'http://db.private/',
    'http://redis/',
    'http://redis.svc.cluster.local/',
    'http://files.corp/',
  ])('is not one inside the network: %s', (url) => {
    expect(openEgress.refusalOfFileHost(readHost(url))).not.toBeNull();
  });

  it.each(forbidden)('is never %s, whatever the operator names', (url) => {
    const names =
      '*.internal,*.goog,*.tencentyun.com,metadata,metadata.goog,metadata.tencentyun.com,instance-data';
    const everything = createEgress(`0.0.0.0/0,::/0,${names}`);
    expect(everything.refusalOfFileHost(readHost(url))).toContain('where no AI model is');
  });

  it.each([
    'https://[64:ff9b::203.0.113.5]/a.png',
    'https://[2002:cb00:7105::1]/a.png',
    'https://example.com/a.png',
    'http://203.0.113.5/a.png',
    'https://[2001:db8::1]/a.png',
  ])('may be a public one: %s', (url) => {
    expect(openEgress.refusalOfFileHost(readHost(url))).toBeNull();
  });

  it('may be one inside that the operator names', () => {
    const egress = createEgress('files.corp,10.0.0.0/8,api.openai.com');
    expect(egress.refusalOfFileHost('files.corp')).toBeNull();
    expect(egress.refusalOfFileHost('10.0.0.1')).toBeNull();
    expect(egress.refusalOfFileHost('192.168.0.1')).not.toBeNull();
    expect(egress.refusalOfFileHost('example.com')).toBeNull();
  });
});

describe("a call to a tenant's own provider", () => {
  const { ofTenants } = openEgress;

  it.each([
    ...forbidden.map(readHost),
    '127.0.0.1',
    'localhost',
    '10.0.0.1',
    '192.168.0.1',
    '[::1]',
    '[fd12::1]',
    'redis',
    'db.internal',
  ])('never goes inside the network where nothing is configured: %s', (host) => {
    expect(ofTenants.refusalOfHost(host)).not.toBeNull();
  });

  it.each(['127.0.0.1', '10.0.0.1', '100.64.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1'])(
    'never goes to %s by a public name that comes to stand for it',
    (address) => {
      expect(ofTenants.refusalOfHost('models.example.com')).toBeNull();
      expect(ofTenants.refusalOfAddress(address, 'models.example.com')).toContain("operator's network");
    },
  );

  it('goes to public addresses', () => {
    expect(ofTenants.refusalOfHost('api.openai.com')).toBeNull();
    expect(ofTenants.refusalOfAddress('203.0.113.5', 'api.openai.com')).toBeNull();
  });

  it('goes inside where the operator names the host or the network, and nowhere outside of the list', () => {
    const { ofTenants: listed } = createEgress('vllm.corp,10.1.0.0/16');
    expect(listed.refusalOfHost('vllm.corp')).toBeNull();
    expect(listed.refusalOfAddress('10.2.0.1', 'vllm.corp')).toBeNull();
    expect(listed.refusalOfHost('10.1.2.3')).toBeNull();
    expect(listed.refusalOfAddress('10.1.2.3', '10.1.2.3')).toBeNull();
    expect(listed.refusalOfAddress('203.0.113.5', 'api.openai.com')).toContain('HEDDLE_EGRESS_ALLOW');
    expect(listed.refusalOfHost('10.2.0.1')).not.toBeNull();
  });
});

describe('the list of hosts', () => {
  it.each(['http://a.b', 'a b', '10.0.0.0/33', '10.0.0.0/', '1.2.3', '*', 'a..b', 'fe80::1%lo', '-a.b'])(
    'names the entry that is none: %s',
    (entry) => {
      expect(() => parseAllowList(`ok.example.com,${entry}`)).toThrow(JSON.stringify(entry));
    },
  );
});

describe('an endpoint that a setting names', () => {
  const named = createEgress('guard.test,10.0.0.0/8,*.open.test');

  it.each<[string, boolean, boolean, boolean]>([
    // URL, of the mesh where nothing is named, of a tenant where nothing is named, of a tenant where some hosts are
    ['https://guard.test/check', true, true, true],
    ['http://guard.test/check', false, false, true],
    ['http://a.open.test/', false, false, true],
    ['https://other.test/', true, true, true],
    ['http://other.test/', false, false, false],
    ['http://presidio:3000/', true, false, false],
    ['https://presidio/', true, false, false],
    ['http://127.0.0.1:3000/', true, false, false],
    ['http://10.0.0.1/', true, false, true],
    ['http://[::1]/', true, false, false],
    ['https://169.254.169.254/', false, false, false],
    ['http://8.8.8.8/', false, false, false],
  ])('is called, or is not: %s', (text, ofMesh, ofTenant, ofTenantNamed) => {
    const url = new URL(text);
    const isCalled = [openEgress, openEgress.ofTenants, named.ofTenants].map(
      (egress) => egress.refusalOfEndpoint(url) === null,
    );
    expect(isCalled).toEqual([ofMesh, ofTenant, ofTenantNamed]);
  });
});
