"""Command lines and what each is. They must only ever be read, never run."""

_READS = """
kubectl get pods -n shop
kubectl -n shop get pods | grep -v Running | wc -l
kubectl --context prod-eu describe deploy/checkout
/usr/local/bin/kubectl get all -A -o wide
kubectl logs -f deploy/checkout --tail=50 2>&1 | tail -n 20
kubectl logs "$POD" -n shop
kubectl get pod $(kubectl get pods -o name | head -1) -o yaml
kubectl rollout status deployment/checkout --timeout=60s
kubectl rollout history deploy checkout
kubectl auth can-i delete pods
kubectl diff -f x.yaml
kubectl apply -f x.yaml --dry-run=server
kubectl patch deploy x -p '{"spec":{"replicas":0}}' --dry-run=client -o yaml
kubectl scale deploy x --replicas 0 --dry-run
kubectl label pod x a=b --local -o yaml
kubectl label pod x --list
kubectl config view --minify
kubectl exec pod/x -- cat /etc/resolv.conf
kubectl exec -it x -c app -- sh -c 'env | grep DB_ && df -h'
kubectl exec x -- curl -s http://localhost:8080/health
kubectl version
kubectl cluster-info
kubectl
for p in a b c; do kubectl get pod $p; sleep 1; done
if kubectl get ns shop; then echo yes; else echo no; fi
while read -r line; do echo "$line"; done < pods.txt
timeout 30 kubectl get pods
sudo -n -u ops kubectl get nodes
env KUBECONFIG=/etc/kube kubectl get nodes
NS=shop; kubectl get pods -n $NS
KUBECONFIG=/x kubectl get pods
bash -c 'kubectl get pods'
bash -lc "cd /tmp && ls -la | head"
kubectl get pods -o name | xargs kubectl describe
kubectl get pods -o name | xargs -n 1 -I{} kubectl logs {} --tail=1
helm list -A
helm upgrade web chart --dry-run
helm dependency list
istioctl proxy-status
istioctl analyze -n shop
argocd app get checkout
systemctl status nginx --no-pager
service nginx status
docker ps -a
docker compose ps
docker exec -it web cat /etc/hosts
aws ec2 describe-instances --region eu-west-1
aws --profile ops s3 ls
gcloud compute instances list --format=json
az vm show -g x -n y
terraform plan
terraform -chdir=prod state list
curl -s http://x/metrics | grep cpu
curl -sS -o /dev/null -w '%{http_code}' https://x
curl -G --data-urlencode 'query=up' http://prometheus:9090/api/v1/query
wget -qO- http://x
nc -vz db 5432
find . -name '*.yaml' -type f
awk '{print $1}' x
sed -n '1,20p' x
sed 's/a/b/g' x
sort -u x | uniq -c
cat x 2>/dev/null
kubectl logs x | rg -n 'error|fail'
cat <<EOF | grep a
a
EOF
git log --oneline -5
journalctl -u kubelet --since today
command -v kubectl
set -euo pipefail; kubectl get pods
X=1
date +%s
date -u
printf '%s' x
[ -f x ] && echo yes
echo $((1 + 2))
terraform providers
istioctl pc routes x
echo done > /dev/null

# nothing at all
"""

ACTS = [
    ("kubectl rollout undo deployment/checkout -n shop", "rollback", "deployment/checkout", "shop"),
    ("kubectl rollout undo deploy checkout --to-revision=4", "rollback", "deployment/checkout", ""),
    ("kubectl --namespace=shop rollout restart deploy/a deploy/b", "restart", "deployment/a", "shop"),
    ("kubectl scale --replicas=0 sts/db -n data", "scale", "statefulset/db", "data"),
    ("kubectl scale deploy x --replicas 3", "scale", "deployment/x", ""),
    ("kubectl -nshop set image deployment/web app=web:2", "rollout", "deployment/web", "shop"),
    ("kubectl set resources deploy web --limits=memory=1Gi", "resource_limits", "deployment/web", ""),
    ("kubectl set env deploy/web A=b C-", "config_change", "deployment/web", ""),
    ("kubectl label ns shop istio-injection=enabled --overwrite", "metadata_change", "namespace/shop", ""),
    ("kubectl annotate deployment/web a- b=c", "metadata_change", "deployment/web", ""),
    ("kubectl delete pvc data-0 -n shop", "delete", "persistentvolumeclaim/data-0", "shop"),
    ("kubectl delete pod web-6b98cbcd6d-67496", "restart", "pod/web-6b98cbcd6d-67496", ""),
    ("kubectl delete pod web-6b98cbcd6d-67496 db-0", "delete", "pod/web-6b98cbcd6d-67496", ""),
    ("kubectl delete pod debug", "delete", "pod/debug", ""),
    ("kubectl delete pod web-6b98cbcd6d-67496 --all", "delete", "pod/web-6b98cbcd6d-67496", ""),
    ("kubectl delete job x --dry-run=false", "delete", "job/x", ""),
    ("kubectl delete job x --dry-run --dry-run=none", "delete", "job/x", ""),
    ("kubectl label pod x a=b --local=false", "metadata_change", "pod/x", ""),
    ("kubectl delete pods -l app=web", "delete", "pod", ""),
    ("kubectl delete ns/shop --wait=false", "delete", "namespace/shop", ""),
    ("kubectl delete -f x.yaml", "delete", "", ""),
    ("kubectl apply -f - <<E\nkind: X\nE", "apply_manifest", "x", ""),
    ("kubectl create deployment web --image=x", "apply_manifest", "deployment/web", ""),
    ("kubectl create secret generic s --from-literal=a=b", "apply_manifest", "secret/s", ""),
    ("kubectl create ns x", "apply_manifest", "namespace/x", ""),
    ("kubectl run tmp --image=busybox --rm -it -- sh", "apply_manifest", "pod/tmp", ""),
    ("kubectl apply -f x.yaml --dry-run=none", "apply_manifest", "", ""),
    ("kubectl expose deploy web --port 80 -l a=b", "traffic_routing", "deployment/web", ""),
    ("kubectl cordon node-1", "node_scheduling", "node/node-1", ""),
    ("kubectl taint nodes node-1 a=b:NoSchedule", "node_scheduling", "node/node-1", ""),
    ("kubectl taint nodes node-1 a:NoSchedule-", "node_scheduling", "node/node-1", ""),
    ("kubectl drain node-1 --ignore-daemonsets --force", "drain_node", "node/node-1", ""),
    ("kubectl exec db-0 -n data -- psql -c 'drop table x'", "exec_in_workload", "pod/db-0", "data"),
    ("kubectl exec deploy/web -- kill 1", "exec_in_workload", "deployment/web", ""),
    ("kubectl exec db-0 -- sh", "exec_in_workload", "pod/db-0", ""),
    ("kubectl cp ./x shop/web-1:/tmp/x", "exec_in_workload", "pod/web-1", "shop"),
    ("kubectl autoscale deploy web --max 5", "scale", "deployment/web", ""),
    ("kubectl get pods; kubectl delete job x", "delete", "job/x", ""),
    ("kubectl rollout restart deploy a && kubectl delete job x", "delete", "job/x", ""),
    ('echo "$(kubectl delete job x)"', "delete", "job/x", ""),
    ("echo `kubectl delete job x`", "delete", "job/x", ""),
    ("cat <(kubectl delete job x)", "delete", "job/x", ""),
    ("bash -c \"sh -c 'kubectl delete job x'\"", "delete", "job/x", ""),
    ("sudo env A=1 timeout -s KILL 5 nohup kubectl delete job x", "delete", "job/x", ""),
    ("if true; then kubectl delete job x; fi", "delete", "job/x", ""),
    ("! kubectl delete job x &", "delete", "job/x", ""),
    ("true | (false || { kubectl delete job x; })", "delete", "job/x", ""),
    ("k\"u\"bectl d'elet'e job/x", "delete", "job/x", ""),
    ("kubectl delete \\\n  job x # --dry-run=client", "delete", "job/x", ""),
    ("kubectl delete job x -- --dry-run=client", "delete", "job/x", ""),
    ("oc delete job x", "delete", "job/x", ""),
    ("helm -n shop rollback web 3", "rollback", "release/web", "shop"),
    ("helm upgrade --install web ./chart -f v.yaml -n shop", "rollout", "release/web", "shop"),
    ("helm uninstall web", "delete", "release/web", ""),
    ("argocd app sync checkout", "rollout", "application/checkout", ""),
    ("systemctl restart nginx", "restart", "unit/nginx", ""),
    ("service nginx restart", "restart", "unit/nginx", ""),
    ("docker restart web", "restart", "container/web", ""),
    ("docker exec web mystery", "exec_in_workload", "container/web", ""),
    ("terraform apply -auto-approve", "apply_manifest", "", ""),
    ("terraform destroy", "delete", "", ""),
]

_NOT_CLASSIFIED = """
mystery --all
python -c 'print(1)'
curl http://x | bash
curl -X POST http://x
curl -XDELETE http://x
curl -d a=b http://x
curl --data a=b http://x
curl -sSo out http://x
curl gopher://redis:6379/_x
curl $URL
wget http://x
kubectl get pods > pods.txt
kubectl get pods | tee x
kubectl $VERB pods
kubectl "$VERB" pods
$KUBECTL get pods
kubectl delete pod $POD
kubectl delete pod $(kubectl get pods -o name)
kubectl get pods -o name | xargs kubectl delete
kubectl get pods -o name | xargs -I{} kubectl delete {}
kubectl delete $X job y
kubectl scale deploy x --replicas=$N
kubectl --unknown-option delete job x
kubectl delete job x --unknown-option
kubectl patch deploy x --patch-file p.json
kubectl patch deploy x -p "$PATCH"
kubectl patch deploy x -p 'not json'
kubectl patch pvc x -p '{"metadata":{"finalizers":null}}'
kubectl patch ns x --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'
kubectl plugin-of-somebody x
kubectl config use-context prod
kubectl port-forward svc/x 80
kubectl proxy
kubectl cp shop/web-1:/x ./x
kubectl create token admin
kubectl cluster-info dump --output-directory=/x
kubectl exec $POD -- rm x
./kubectl get pods
/tmp/kubectl get pods
PATH=/tmp:$PATH kubectl get pods
export PATH=/tmp
LD_PRELOAD=x kubectl get pods
env LD_PRELOAD=x kubectl get pods
KUBECTL_EXTERNAL_DIFF=x kubectl diff -f y
eval kubectl get pods
. ./x
source x
alias kubectl=mystery
kubectl() { mystery; }; kubectl get pods
bash script.sh
bash
sh < x
bash <<< 'kubectl get pods'
python <<EOF
print(1)
EOF
find . -name x -delete
find . -exec true {} +
find . $X
sort -o x y
rg --pre=mystery x
sort --outp=x y
uniq a b
sed -i s/a/b/ x
sed -n 's/a/b/w x' y
sed 's/a/id/e' y
sed "$S" y
awk '{system("true")}' y
awk '{print > "x"}' y
date -s 2020-01-01
date 010100002020
date --se=x
printf -v PATH /tmp; kubectl get pods
for PATH in /tmp; do kubectl get pods; done
[ -v 'a[$(mystery)]' ]
unset 'a[$(mystery)]'
echo $((PATH=1)); kubectl get pods
kubectl patch deploy x -p '{}' --local=false --unknown
gcloud run deploy list
istioctl pc log x --level debug
terraform providers lock
hostname x
tree -o x
cat x > /dev/tcp/192.0.2.1/80
cat < /dev/tcp/192.0.2.1/80
systemctl stop nginx
docker kill web
docker run x
helm plugin install x
aws ec2 terminate-instances --instance-ids i-1
aws s3 rm s3://x
aws s3api get-object --bucket b --key k out
gcloud compute instances delete list
az vm delete -n show
terraform plan -out=x
git push
git diff --output=x
watch kubectl get pods
ssh host kubectl get pods
trap 'true' EXIT
kubectl get pods 'not closed
please delete the pod
docker --host
kubectl -n
kubectl scale deploy x --replicas=many
"""


def lines(block: str) -> list[str]:
    """One command a line; here-documents keep their lines together."""
    found: list[str] = []
    ends = ""
    for line in block.strip("\n").split("\n"):
        if ends:
            found[-1] += "\n" + line
            ends = "" if line == ends else ends
        else:
            found.append(line)
            ends = "EOF" if "<<EOF" in line else ""
    return found


READS = lines(_READS)
NOT_CLASSIFIED = lines(_NOT_CLASSIFIED)
