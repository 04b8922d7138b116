/** The longest time that a timer takes, in ms, about 24 days (HTML standard, 8.7): beyond, it goes off at once. */
export const maxTimerMillis = 2 ** 31 - 1
