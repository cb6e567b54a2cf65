import { z } from 'zod';
import { DeskError, EXIT } from '../../api.js';
import { command } from '../command.js';

export default command({
  name: 'mailbox show',
  group: 'Mail',
  summary: 'one mail or SMS as it was filed',
  examples: ['aftercare mailbox show T20300304-001', 'aftercare mailbox show T20300304-001 --json'],
  positional: { field: 'id', value: 'ID' },
  input: z.strictObject({ id: z.string().min(1).describe('its id, or the beginning of it') }),
  async run(ctx, { id }) {
    const { out } = ctx;
    const { readMailbox } = await import('../../../adapters/mailbox.js');
    const items = await readMailbox((await ctx.config()).mailboxDir);
    const exact = items.filter((item) => item.id === id);
    const found = exact.length ? exact : items.filter((item) => item.id.startsWith(id));
    if (found.length === 0) {
      throw new DeskError('mailbox.notFound', `nothing in the mailbox begins with ${id}`, {
        exit: EXIT.notFound,
        remedy: 'aftercare mailbox list',
      });
    }
    const moments = await ctx.localMoments();
    out.either(found.length === 1 ? found[0] : found, () => {
      found.forEach((item, i) => {
        if (i > 0) out.line();
        out.line(out.c.bold(item.id));
        out.lines(
          out.pairs([
            ['by', item.channel],
            ['to', item.to],
            ['when', item.at ? moments.at(item.at) : ''],
            ['subject', item.subject],
            ['copies', item.deliveries > 1 ? `one kept, sent ${item.deliveries} times` : null],
          ]),
        );
        out.line();
        out.line(item.text);
        if (item.invitation !== undefined) {
          out.line();
          out.line(out.c.bold('invitation'));
          out.line(item.invitation.trimEnd());
        }
      });
    });
  },
});
