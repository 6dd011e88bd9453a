import { StartError } from './config.ts';

/** Puts what kept the process from starting into one line; main.ts adds the stack where LOG_LEVEL asks for it. */
export function explainStartFailure(error: unknown): string {
  if (error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  switch (code) {
    case 'EADDRINUSE':
      return `${address}:${port} is in use by another process; set PORT to a free one`;
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine; set HOST`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return path === undefined
        ? `may not listen on ${address}:${port}; choose a PORT above 1023`
        : `may not write ${path}; set HEDDLE_DATA_DIR to a directory that this user may write`;
    case 'ENOSPC':
      return `no space left for ${path ?? 'the data directory'}`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path ?? 'the data directory'} is no directory; set HEDDLE_DATA_DIR to one`;
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return `${error.message.split('. ')[0]}; try --help`;
  }
  return error.message.split('\n')[0] ?? error.name;
}
