/** First in, first out, in constant time however many wait: `Array.shift` moves them all. */
export class Fifo<Item> {
  #items: Item[] = [];
  #at = 0;

  get length(): number {
    return this.#items.length - this.#at;
  }

  get first(): Item | undefined {
    return this.#items[this.#at];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes the first one. */
  shift(): void {
    if (this.length === 0) return;
    this.#at += 1;
    if (this.#at * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#at);
    this.#at = 0;
  }

  clear(): void {
    this.#items = [];
    this.#at = 0;
  }
}
