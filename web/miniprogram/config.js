/** What has to be set before the mini-program is published. */
export const config = {
  /**
   * Where ClaimCall is: `https://` and a host that is on the mini-program's list of servers, for requests and, as `wss://`,
   * for sockets. The developer tools also take the development server that is written here.
   */
  server: 'http://127.0.0.1:8080',

  /**
   * A picture, by https, that the adjuster sees while the claimant is in another app. Empty: the last picture stands still.
   */
  waitingImage: '',
};
