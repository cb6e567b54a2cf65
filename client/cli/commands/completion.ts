import { z } from 'zod';
import { command, type Entry } from '../command.js';
import { BARE, flagsOf, GLOBAL_NAMES } from '../flags.js';

export default command({
  name: 'completion',
  group: 'Run',
  summary: 'completion for your shell: commands and flags',
  examples: ['aftercare completion bash', 'aftercare completion fish'],
  positional: { field: 'shell', value: 'bash|zsh|fish' },
  input: z.strictObject({ shell: z.enum(['bash', 'zsh', 'fish']).describe('your shell') }),
  notes: [
    'bash: source <(aftercare completion bash)',
    'fish: aftercare completion fish > ~/.config/fish/completions/aftercare.fish',
  ],
  async run(ctx, { shell }) {
    const { ENTRIES } = await import('../registry.js');
    const words = await wordsOf(ENTRIES.filter((entry) => entry.name !== BARE));
    ctx.out.line(
      shell === 'fish'
        ? fish(words)
        : shell === 'zsh'
          ? `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`
          : bash(words),
    );
  },
});

interface CommandWords {
  name: string;
  summary: string;
  flags: string[];
}

async function wordsOf(entries: readonly Entry[]): Promise<CommandWords[]> {
  return Promise.all(
    entries.map(async ({ name, summary, load }) => ({
      name,
      summary,
      flags: (await flagsOf(await load())).map((flag) => flag.flags.split(' ')[0]!),
    })),
  );
}

/** First words with what may follow each. */
function tree(words: readonly CommandWords[]): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { name } of words) {
    const [first, second] = name.split(' ');
    next.set(first!, [...(next.get(first!) ?? []), ...(second ? [second] : [])]);
  }
  return next;
}

function bash(words: readonly CommandWords[]): string {
  const next = tree(words);
  const groups = [...next]
    .filter(([, seconds]) => seconds.length)
    .map(([first, seconds]) => `    ${first}) words="${seconds.join(' ')}" ;;`);
  const flags = words.map(
    ({ name, flags: own }) => `    '${name}'*) words="${[...own, ...GLOBAL_NAMES].join(' ')}" ;;`,
  );
  return `_aftercare() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  local line="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  if [[ "$cur" == -* ]]; then
    case "$line" in
${flags.join('\n')}
    *) words="${GLOBAL_NAMES.join(' ')}" ;;
    esac
  elif [[ $COMP_CWORD -eq 1 ]]; then
    words="${[...next.keys()].join(' ')}"
  elif [[ $COMP_CWORD -eq 2 ]]; then
    case "\${COMP_WORDS[1]}" in
${groups.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _aftercare aftercare`;
}

function fish(words: readonly CommandWords[]): string {
  const quote = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
  const next = tree(words);
  const firsts = [...next.keys()].join(' ');
  const lines = [...next].map(([first, seconds]) => {
    const summary = seconds.length
      ? seconds.join(', ')
      : (words.find((each) => each.name === first)?.summary ?? '');
    return `complete -c aftercare -n "not __fish_seen_subcommand_from ${firsts}" -f -a ${first} -d ${quote(summary)}`;
  });
  for (const { name, summary, flags } of words) {
    const [first, second] = name.split(' ');
    const seen = `__fish_seen_subcommand_from ${first}`;
    if (second) {
      const others = next.get(first!)!.join(' ');
      lines.push(
        `complete -c aftercare -n "${seen}; and not __fish_seen_subcommand_from ${others}" -f -a ${second} -d ${quote(summary)}`,
      );
    }
    const place = second ? `${seen}; and __fish_seen_subcommand_from ${second}` : seen;
    for (const flag of flags) lines.push(`complete -c aftercare -n "${place}" -l ${flag.slice(2)}`);
  }
  return [...lines, ...GLOBAL_NAMES.map((flag) => `complete -c aftercare -l ${flag.slice(2)}`)].join('\n');
}
