// A date as its clock on the wall shows it, to the minute: 2026-03-02T09:30.
const two = (one) => String(one).padStart(2, "0");

export const wall = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
