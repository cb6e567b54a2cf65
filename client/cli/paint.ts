/** Colour, when it is wanted. Words carry the meaning; colour only repeats it. */
import pc from 'picocolors';

export type Paint = ReturnType<typeof pc.createColors>;

const PLAIN = pc.createColors(false);
const COLOURED = pc.createColors(true);

export function paint(color: boolean): Paint {
  return color ? COLOURED : PLAIN;
}

/** Whether a stream takes colour: a terminal that has any, and neither NO_COLOR nor TERM=dumb is set. */
export function takesColor(stream: { isTTY?: boolean; hasColors?: () => boolean }): boolean {
  return stream.isTTY === true && (stream.hasColors?.() ?? false);
}
