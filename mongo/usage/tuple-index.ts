/** Numbers tuples of integers in the order in which they come: a hash table with open addressing. */
export class TupleIndex {
  readonly #width: number;
  /** The tuples, one after the other. */
  readonly #items: number[] = [];
  /** The number of a tuple plus 1, at a place that its hash leads to; 0: free. */
  #slots = new Int32Array(8);
  #size = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a tuple. It is new where it equals the size before. */
  toNumber(tuple: readonly number[]): number {
    const mask = this.#slots.length - 1;
    let place = hash(tuple, 0, this.#width) & mask;
    for (let taken = this.#slots[place]; taken; taken = this.#slots[place]) {
      if (this.#holds(taken - 1, tuple)) return taken - 1;
      place = (place + 1) & mask;
    }
    for (let at = 0; at < this.#width; at += 1) this.#items.push(tuple[at] ?? 0);
    this.#slots[place] = ++this.#size;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return this.#size - 1;
  }

  /** An item of a numbered tuple. */
  item(number: number, at: number): number {
    return this.#items[number * this.#width + at] ?? 0;
  }

  #holds(number: number, tuple: readonly number[]): boolean {
    const first = number * this.#width;
    for (let at = 0; at < this.#width; at += 1) if (this.#items[first + at] !== tuple[at]) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number += 1) {
      let place = hash(this.#items, number * this.#width, this.#width) & mask;
      while (this.#slots[place] !== 0) place = (place + 1) & mask;
      this.#slots[place] = number + 1;
    }
  }
}

/** A multiplicative hash of some integers. */
function hash(items: readonly number[], first: number, count: number): number {
  let sum = 0;
  for (let at = first; at < first + count; at += 1)
    sum = Math.imul(sum ^ (items[at] ?? 0), 0x9e3779b1) + at - first;
  return sum ^ (sum >>> 15);
}
