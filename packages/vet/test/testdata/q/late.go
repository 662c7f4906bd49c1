package q

import (
	"fmt"
	"net/http"
	"reflect"
	"time"
)

// Methods of other packages' types that nothing else has asked for.
func late(k reflect.Kind, d time.Duration, s http.ConnState) {
	fmt.Printf("%s %s %s\n", k, d, s)
}
