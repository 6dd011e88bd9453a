/** The floor: node:http in front of undici and nothing between them. UPSTREAM is the origin it passes to. */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { listenForParent } from './child.ts';

const pool = new Pool(process.env.UPSTREAM ?? '', { connections: 256, pipelining: 1 });
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (data: Buffer) => chunks.push(data));
  request.on('end', async () => {
    response.socket?.setNoDelay(true);
    const upstream = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    });
    response.writeHead(upstream.statusCode, { 'content-type': String(upstream.headers['content-type']) });
    for await (const data of upstream.body) response.write(data);
    response.end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => listenForParent(server));
