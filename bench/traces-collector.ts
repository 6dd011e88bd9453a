/** A collector that takes every export and reads none of it, in a process of its own. */
import { createServer } from 'node:http';
import { listenForParent } from './child.ts';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
server.listen(0, '127.0.0.1', () => listenForParent(server));
