/** A TCP relay on the loopback in front of a real host, to take that host away and give it back. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Relay {
  port: number;
  /** Nobody listens: connections are refused, open ones are cut. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  /** Connections are taken and nothing ever answers. */
  silence(): void;
  /** Cuts what is open now; new connections work. */
  cut(): void;
}

/** @param preferred port to listen on; default: a free one. Rejects when it is in use. */
export async function startRelay(target: { host: string; port: number }, preferred = 0): Promise<Relay> {
  const sockets = new Set<Socket>();
  let silent = false;
  let server: Server | null = null;
  let port = preferred;

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const up = async (): Promise<void> => {
    silent = false;
    if (server) return;
    const listening = createServer((client) => {
      track(client);
      if (silent) return;
      const upstream = connect(target.port, target.host);
      track(upstream);
      client.pipe(upstream).pipe(client);
      // Whoever leaves takes the other along: a transaction of a client that is gone rolls back.
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(port, '127.0.0.1', resolve);
    });
    port = (listening.address() as AddressInfo).port;
    server = listening;
  };
  await up();
  return {
    get port() {
      return port;
    },
    up,
    cut,
    silence: () => {
      silent = true;
    },
    down: async () => {
      const listening = server;
      server = null;
      if (!listening) return;
      const closed = new Promise<void>((resolve) => listening.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
