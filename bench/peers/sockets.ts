import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { listTree } from '../child.ts';

/** One end that a process has opened: `tcp listens on 0100007F:1F90`, with the address as Linux writes it (man proc_pid_net). */
export type OpenSocket = `${(typeof protocols)[number]} ${'listens on' | 'talks to'} ${string}`;

const protocols = ['tcp', 'tcp6', 'udp', 'udp6'] as const;
const listening = '0A';
/** 127.0.0.0/8 as IPv4 and as IPv6, or ::1, of a machine that keeps the low byte first. */
const loopback = / (?:[0-9A-F]{6}7F|0{16}FFFF0000[0-9A-F]{6}7F|0{24}01000000):[0-9A-F]{4}$/;

export const isBeyondLoopback = (socket: OpenSocket) => !loopback.test(socket);

/** The sockets with these inodes in a table of `/proc/net`. */
export function readSockets(
  protocol: (typeof protocols)[number],
  table: string,
  inodes: ReadonlySet<string>,
): readonly OpenSocket[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line): readonly OpenSocket[] => {
      const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (!inodes.has(inode)) return [];
      // A socket that is connected to nothing takes what comes to its own address.
      const isOpen = state === listening || /^0+:0+$/.test(remote);
      return [`${protocol} ${isOpen ? 'listens on' : 'talks to'} ${isOpen ? local : remote}`];
    });
}

/** The sockets, TCP and UDP, of a process and those that it has started, at this moment. */
export function listSockets(pid: number): readonly OpenSocket[] {
  const inodes = new Set(listTree(pid).flatMap(listInodes));
  return protocols.flatMap((name) => readSockets(name, readFileSync(`/proc/net/${name}`, 'utf8'), inodes));
}

function listInodes(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // Any error: it was closed meanwhile.
      return [];
    }
  });
}

/** Looks at the sockets of a process, and of all that it starts, four times a second until it is disposed. */
export function watchLoopback(pid: number): Disposable & { throwIfBeyond(name: string): void } {
  const beyond = new Set<OpenSocket>();
  const look = () => {
    try {
      for (const socket of listSockets(pid).filter(isBeyondLoopback)) beyond.add(socket);
    } catch {
      // Any error: a process ends meanwhile.
    }
  };
  const timer = setInterval(look, 250);
  timer.unref();
  return {
    throwIfBeyond(name) {
      look();
      if (beyond.size > 0) throw new Error(`${name}: ${[...beyond].join(', ')}, which is beyond loopback`);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
