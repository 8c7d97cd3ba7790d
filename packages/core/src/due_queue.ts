import { assert } from './errors.ts';

interface Place<Item> {
  readonly item: Item;
  dueMs: number;
}

/** Items by when they are due, the earliest first: a binary heap that knows where each item stands. */
export class DueQueue<Item> {
  /** Every place is due no later than the two at twice its index, plus one and two. */
  readonly #heap: Place<Item>[] = [];
  readonly #indexes = new Map<Item, number>();

  get size(): number {
    return this.#heap.length;
  }

  /** The item that is due first. */
  get first(): { readonly item: Item; readonly dueMs: number } | undefined {
    return this.#heap[0];
  }

  has(item: Item): boolean {
    return this.#indexes.has(item);
  }

  /** Adds an item, or moves it. */
  set(item: Item, dueMs: number): void {
    const known = this.#indexes.get(item);
    const index = known ?? this.#heap.length;
    if (known === undefined) this.#put(index, { item, dueMs });
    else this.#at(index).dueMs = dueMs;
    this.#settle(index);
  }

  delete(item: Item): void {
    const index = this.#indexes.get(item);
    if (index === undefined) return;
    this.#indexes.delete(item);
    const last = this.#heap.pop();
    if (last === undefined || last.item === item) return;
    this.#put(index, last);
    this.#settle(index);
  }

  /** Moves the place at `index` up or down until order holds again. */
  #settle(index: number): void {
    let at = index;
    for (let above = (at - 1) >> 1; at > 0 && this.#before(at, above); above = (at - 1) >> 1) {
      this.#swap(at, above);
      at = above;
    }
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left >= this.#heap.length) return;
      const earlier = right < this.#heap.length && this.#before(right, left) ? right : left;
      if (!this.#before(earlier, at)) return;
      this.#swap(earlier, at);
      at = earlier;
    }
  }

  #before(one: number, other: number): boolean {
    return this.#at(one).dueMs < this.#at(other).dueMs;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#at(one), this.#at(other)];
    this.#put(one, second);
    this.#put(other, first);
  }

  #put(index: number, place: Place<Item>): void {
    this.#heap[index] = place;
    this.#indexes.set(place.item, index);
  }

  #at(index: number): Place<Item> {
    const place = this.#heap[index];
    assert(place !== undefined, 'every index of the heap has its place');
    return place;
  }
}
