// Renders and sends notifications as the controllers of Argo Rollouts and Argo CD do: with the engine that both are
// built on, from the ConfigMap and the Secret that a user applies.
//
//	notifications-engine configmap.yaml secret.yaml < requests.json
//
// Each request is one event that a controller records, or one look that it takes at an application.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/notifications-engine/pkg/api"
	"github.com/argoproj/notifications-engine/pkg/services"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

type request struct {
	// Trigger is the one that is run; empty: all that the subscriptions name.
	Trigger string `json:"trigger"`
	// Name of the variable that holds the object: rollout, app.
	Variable     string         `json:"variable"`
	Object       map[string]any `json:"object"`
	AnalysisRuns []any          `json:"analysisRuns"`
	// Now is what the template is told that the time is.
	Now time.Time `json:"now"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: notifications-engine configmap.yaml secret.yaml < requests.json")
	}
	var configMap corev1.ConfigMap
	if err := readYaml(args[0], &configMap); err != nil {
		return err
	}
	var secret corev1.Secret
	if err := readYaml(args[1], &secret); err != nil {
		return err
	}
	// The API server does this when a Secret is applied.
	secret.Data = map[string][]byte{}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	cfg, err := api.ParseConfig(&configMap, &secret)
	if err != nil {
		return err
	}
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		return err
	}
	for i, each := range requests {
		if err := notify(*cfg, secret, each); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
	}
	return nil
}

func notify(cfg api.Config, secret corev1.Secret, each request) error {
	engine, err := api.NewAPI(cfg, func(obj map[string]any, _ services.Destination) map[string]any {
		vars := map[string]any{
			each.Variable: obj,
			"secrets":     secret.Data,
			"time": map[string]any{
				"Now":   func() time.Time { return each.Now },
				"Parse": func(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) },
			},
		}
		if each.AnalysisRuns != nil {
			vars["analysisRuns"] = each.AnalysisRuns
		}
		return vars
	})
	if err != nil {
		return err
	}
	for trigger, destinations := range cfg.GetGlobalDestinations(nil) {
		if each.Trigger != "" && each.Trigger != trigger {
			continue
		}
		results, err := engine.RunTrigger(trigger, each.Object)
		if err != nil {
			return err
		}
		for i, result := range results {
			// Argo Rollouts sends a condition without a `when` each time that its event is recorded.
			if !result.Triggered && cfg.Triggers[trigger][i].When != "" {
				continue
			}
			for _, destination := range destinations {
				if err := engine.Send(each.Object, result.Templates, destination); err != nil {
					return fmt.Errorf("%s: %w", trigger, err)
				}
				fmt.Printf("%s\t%s\n", trigger, result.OncePer)
			}
		}
	}
	return nil
}

func readYaml(path string, into any) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(bytes, into)
}
