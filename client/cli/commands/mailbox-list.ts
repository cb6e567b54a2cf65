import { z } from 'zod';
import { command } from '../command.js';

export default command({
  name: 'mailbox list',
  group: 'Mail',
  summary: 'mail and SMS filed in the local mailbox, newest last',
  examples: ['aftercare mailbox list', 'aftercare mailbox list --channel sms --limit 5 --json'],
  input: z.strictObject({
    channel: z.enum(['mail', 'sms']).meta({ description: 'only these' }).optional(),
    limit: z.number().int().positive().default(30).meta({ description: 'the newest so many', value: 'N' }),
  }),
  async run(ctx, { channel, limit }) {
    const { out } = ctx;
    const { readMailbox } = await import('../../../adapters/mailbox.js');
    const folder = (await ctx.config()).mailboxDir;
    const items = (await readMailbox(folder))
      .filter((item) => channel === undefined || item.channel === channel)
      .slice(-limit);
    const moments = await ctx.localMoments();
    out.either(items, () => {
      if (items.length === 0) out.line(`the mailbox is empty (${folder})`);
      out.lines(
        out.table(items, [
          { head: 'id', cell: (item) => item.id },
          { head: 'when', cell: (item) => (item.at ? moments.at(item.at) : '') },
          { head: 'by', cell: (item) => item.channel },
          { head: 'to', cell: (item) => item.to },
          {
            head: 'copies',
            cell: (item) => (item.deliveries > 1 ? `1, sent ${item.deliveries} times` : '1'),
          },
          { head: 'text', cell: (item) => (item.subject || item.text).replace(/\s+/g, ' '), elastic: true },
        ]),
      );
    });
  },
});
