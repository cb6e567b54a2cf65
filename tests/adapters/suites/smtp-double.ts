import { createServer, type AddressInfo, type Socket } from 'node:net';

/** How the double misbehaves; what is not given goes well. */
export interface SmtpManners {
  /** Takes the connection and never says a word. */
  silent?: boolean;
  /** Whole reply lines, e.g. `421 4.3.2 closing`. */
  greeting?: string;
  auth?: string;
  mailFrom?: string;
  rcptTo?: string;
  message?: string;
  /** Called with the raw mail once it is complete; `drop` ends the connection without an answer. */
  onMessage?: (raw: Buffer) => Promise<'answer' | 'drop'>;
}

export interface SmtpDouble {
  url: string;
  port: number;
  stop(): Promise<void>;
}

/** An SMTP host made of bare TCP, for what a well-behaved one never does. */
export async function startSmtpDouble(manners: SmtpManners, port = 0): Promise<SmtpDouble> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (!manners.silent) converse(socket, manners);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function converse(socket: Socket, manners: SmtpManners): void {
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  let buffer = Buffer.alloc(0);
  let inMessage = false;

  say(manners.greeting ?? '220 double.test ESMTP');
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (inMessage) return void finishMessage();
    for (let end = buffer.indexOf('\r\n'); end >= 0 && !inMessage; end = buffer.indexOf('\r\n')) {
      const line = buffer.subarray(0, end).toString('latin1');
      buffer = buffer.subarray(end + 2);
      command(line);
    }
  });

  function command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') {
      say('250-double.test');
      say(manners.auth === undefined ? '250 SIZE 1000000' : '250 AUTH PLAIN');
    } else if (verb === 'AUTH') say(manners.auth ?? '235 in');
    else if (verb === 'MAIL') say(manners.mailFrom ?? '250 sender');
    else if (verb === 'RCPT') say(manners.rcptTo ?? '250 recipient');
    else if (verb === 'DATA') {
      say('354 go on');
      inMessage = true;
    } else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else say('250 well');
  }

  async function finishMessage(): Promise<void> {
    const end = buffer.indexOf('\r\n.\r\n');
    if (end < 0) return;
    const raw = Buffer.from(buffer.subarray(0, end + 2));
    buffer = buffer.subarray(end + 5);
    inMessage = false;
    const next = (await manners.onMessage?.(raw)) ?? 'answer';
    if (next === 'drop') socket.destroy();
    else say(manners.message ?? '250 taken');
  }
}
