import { openStore } from '../../store.ts';

/** The process that the restart test kills: `serve.ts <dir> <port>` serves a directory over TCP and says its URI. */
const [dir = '', port = '0'] = process.argv.slice(2);
const store = await openStore({ dir, listen: { port: Number(port) } });
console.log(store.uri);
// The store's thread does not keep a process alive on its own.
setInterval(() => {}, 0x7fff_ffff);
