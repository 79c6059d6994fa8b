package oidc

import (
	"fmt"
)

// Claims says where in the provider's token stands what is known of a person.
type Claims struct {
	User   string            // names the person here: sub, or another that is unique and never given to somebody else
	Name   string            // to show
	Role   string            // a text or a list of texts
	Roles  map[string]string // from a value of Role to the role here
	Skills string            // a list; "" for none
	Queues string            // a list; "" for none
}

// Person is who has signed in.
type Person struct {
	User, Name, Role string
	Skills, Queues   []string
}

// person returns who the claims are about, or ErrNoRole, or ErrRefused if they name nobody.
func (c Claims) person(claims map[string]any) (Person, error) {
	user, _ := claims[c.User].(string)
	if user == "" {
		return Person{}, fmt.Errorf("%w: no claim %s", ErrRefused, c.User)
	}
	name, _ := claims[c.Name].(string)
	role := c.role(texts(claims[c.Role]))
	if role == "" {
		return Person{}, ErrNoRole
	}
	return Person{
		User: user, Name: name, Role: role, Skills: texts(claims[c.Skills]), Queues: texts(claims[c.Queues]),
	}, nil
}

// role returns the highest role that one of the values stands for; "" for none.
func (c Claims) role(values []string) string {
	found := ""
	for _, value := range values {
		switch role := c.Roles[value]; {
		case role == "supervisor":
			return role
		case role != "":
			found = role
		}
	}
	return found
}

// texts returns a text or a list of texts as a list.
func texts(claim any) []string {
	switch claim := claim.(type) {
	case string:
		return []string{claim}
	case []any:
		var all []string
		for _, entry := range claim {
			if text, ok := entry.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}
