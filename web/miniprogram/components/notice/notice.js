/** One line of trouble above a page, with a way out where there is one. */
Component({
  options: { addGlobalClass: true },
  properties: {
    text: { type: String, value: '' },
    /** The word on the button; none if there is nothing to do. */
    again: { type: String, value: '' },
  },
  methods: {
    onAgain() {
      this.triggerEvent('again');
    },
  },
});
