// Colours for text on a terminal, and none elsewhere: what is piped, or kept in the log of a build server, is plain text.
// NO_COLOR and FORCE_COLOR decide where they are set (no-color.org).
import pc from 'picocolors';

const { NO_COLOR, FORCE_COLOR, TERM } = process.env;

export const colours = pc.createColors(
  NO_COLOR
    ? false
    : FORCE_COLOR
      ? FORCE_COLOR !== '0'
      : process.stdout.isTTY === true && TERM !== 'dumb',
);
