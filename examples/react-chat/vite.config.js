/**
 * A chat page in React. In the folder of the repository:
 *   HEDDLE_KEY=hd_… npx vite examples/react-chat
 */
import { defineConfig } from 'vite';
import { servePageTokens } from './page-token.js';

const { HEDDLE_URL = 'http://127.0.0.1:4000', HEDDLE_KEY, MODEL = 'demo/echo' } = process.env;
const pageTokens = servePageTokens({ url: HEDDLE_URL, key: HEDDLE_KEY, model: MODEL });

export default defineConfig({
  plugins: [
    {
      name: 'page-tokens',
      configureServer: ({ middlewares }) => {
        middlewares.use('/token', pageTokens);
      },
    },
  ],
  server: { host: '127.0.0.1' },
});
