export interface Edit {
  file: string;
  /** Occurs in the file exactly once. */
  find: string;
  replace: string;
}

/** One bug in the product's own source, with what must find it. */
export interface PlantedBug extends Edit {
  name: string;
  /** Other places that would hide it. */
  also?: readonly Edit[];
  /** Found by a run of this many seeds, starting from 1 … */
  seeds?: number;
  /** … or by one crash at every request of these short scenarios … */
  crashes?: string;
  /** … or by this file of unit tests. */
  test?: string;
}

export function editsOf({ file, find, replace, also = [] }: PlantedBug): Edit[] {
  return [{ file, find, replace }, ...also];
}

/** The file with what is planted in it; an edit whose text does not occur exactly once is an error. */
export function planted(bug: PlantedBug, file: string, source: string): string {
  return editsOf(bug)
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const [before, after, ...more] = text.split(find);
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error(`planted "${bug.name}": its text does not occur exactly once in ${file}`);
      return before + replace + after;
    }, source);
}
