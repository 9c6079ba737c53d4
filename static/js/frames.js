// When the page draws: at once where something came or somebody moved, else now and then. Must not know what is drawn.

const REST = 100;
const HANDS = ['keydown', 'click', 'input', 'change', 'pointerup'];

export class Frames {
  constructor(draw) {
    Object.assign(this, { draw, asked: false, timer: 0 });
  }

  start() {
    for (const type of HANDS) document.addEventListener(type, () => this.wake(), { capture: true });
    addEventListener('resize', () => this.wake());
    this.wake();
  }

  /** Draws in the next frame. A page that nobody touches and nothing reaches draws ten times a second, not sixty. */
  wake() {
    if (this.asked) return;
    this.asked = true;
    clearTimeout(this.timer);
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
      this.timer = setTimeout(() => this.wake(), REST);
    });
  }
}
