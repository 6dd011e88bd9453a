/** `--import` it before a Node server that binds every interface and has no option for another: it binds 127.0.0.1 then. */
import { Server } from 'node:net';

const { prototype } = Server;
const listen = prototype.listen as (this: Server, ...args: unknown[]) => Server;
const host = '127.0.0.1';

prototype.listen = function listenOnLoopback(this: Server, first: unknown, ...rest: unknown[]) {
  const done = rest.filter((argument) => typeof argument === 'function');
  if (typeof first === 'number') return listen.call(this, { port: first, host }, ...done);
  if (typeof first === 'object' && first !== null && 'port' in first) {
    return listen.call(this, { ...first, host }, ...done);
  }
  return listen.call(this, first, ...rest);
} as typeof prototype.listen;
