// Package metrics counts what a node does, for Prometheus. Metrics is the observer of the hub and of the web server, and
// wraps the store; what others know anyway, such as who is signed in, it asks for when it is scraped. Nothing is counted
// for a socket that is idle, no label takes its values from users, and none of what is shown is about a person.
package metrics
